/** Base backups: how they are written into an archive and read from it. */
@NullMarked
package dev.mooring.dataplane.local.archive.backup;

import org.jspecify.annotations.NullMarked;
