/** Backups into the archive of clusters on Kubernetes, and new clusters made of it. */
package dev.mooring.dataplane.kubernetes.program.archive;
