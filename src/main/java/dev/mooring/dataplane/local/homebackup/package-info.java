/**
 * What remains of Mooring itself when its machine is gone: its metadata, keys and certificates, in the archive of the clusters and
 * encrypted with a key that its owner keeps.
 *
 * <pre>
 * homes/HOME/TIME.sealed          a backup: a compressed tar of the home's files, in SealedStream's form
 * homes/HOME/uploads/APP/VERSION  what apps were uploaded as, each once, in the same form
 * </pre>
 */
@NullMarked
package dev.mooring.dataplane.local.homebackup;

import org.jspecify.annotations.NullMarked;
