/** Backups into the archive of clusters on Kubernetes, and new clusters made of it. */
@NullMarked
package dev.mooring.dataplane.kubernetes.program.archive;

import org.jspecify.annotations.NullMarked;
