alter table worker_node
    add column archive text not null default '', -- nodes with the same one can recover each other's clusters
    add column archive_grace interval not null default '7 days';

alter table cluster
    add column retention_hours int not null default 168, -- how far back it has to be recoverable
    add column synchronous_archive boolean not null default false, -- commits wait until they are archived
    add column drill_hours int, -- how often a recovery is tried; null for never
    add column recoverable_from timestamptz, -- every moment since then can be recovered; null before the first backup
    add column archive_failing_since timestamptz, -- what was committed later is not in the archive
    add column archive_failure text,
    add column backup_operation uuid, -- the one that makes a backup just now
    add column backup_failure text, -- of the last try; null when it succeeded
    add column backup_tried_at timestamptz,
    add column backup_wanted boolean not null default true, -- before its time has come: for the first one, and after a gap
    add column drill_operation uuid,
    add column drill_failure text,
    add column drilled_at timestamptz, -- when the last try ended
    add column drill_proof jsonb; -- the receipt of the last one that succeeded
update cluster set retention_hours = 24 where app is not null;

alter table cluster_change
    add column synchronous_archive boolean not null default false;

create table cluster_backup (
    id uuid primary key, -- the operation's
    cluster uuid not null references cluster on delete cascade,
    created_at timestamptz not null, -- the first moment that can be restored from it
    size_bytes bigint not null,
    stored_bytes bigint not null
);
create index cluster_backup_of on cluster_backup (cluster, created_at);

-- Deleted clusters whose archive is still there: what recovering one needs to know of it.
create table kept_archive (
    cluster uuid primary key,
    team uuid not null references team on delete cascade,
    name text not null,
    engine text not null,
    version text not null,
    config text not null,
    users jsonb not null, -- [{"name", "primary", "replication", "secret"}], secrets sealed
    superuser_secret text not null, -- sealed
    archive text not null,
    recoverable_from timestamptz not null,
    deleted_at timestamptz not null,
    keep_until timestamptz not null
);
create index kept_archive_name on kept_archive (team, name);
