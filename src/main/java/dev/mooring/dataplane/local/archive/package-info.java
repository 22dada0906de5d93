/**
 * What remains of a cluster when its machine is gone: its WAL as it was written, and base backups to begin with. Everything in
 * an archive can be read with {@code zstd}, {@code tar} and PostgreSQL alone.
 *
 * <pre>
 * CLUSTER/wal/SEGMENT.zst             a whole segment of 16 MiB
 * CLUSTER/wal/SEGMENT.FROM-TO.zst     a part of one, offsets in hexadecimal
 * CLUSTER/base/BACKUP/part-N.tar.zst  files of the data directory
 * CLUSTER/base/BACKUP/backup_manifest in PostgreSQL's own format
 * CLUSTER/base/BACKUP/backup.json     written last: without it there is no backup
 * CLUSTER/holds/OPERATION             who is reading just now
 * ended/CLUSTER                       when the cluster was deleted
 * </pre>
 */
@NullMarked
package dev.mooring.dataplane.local.archive;

import org.jspecify.annotations.NullMarked;
