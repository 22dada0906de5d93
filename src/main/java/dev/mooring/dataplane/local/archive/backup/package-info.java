/** Base backups: how they are written into an archive and read from it. */
package dev.mooring.dataplane.local.archive.backup;
