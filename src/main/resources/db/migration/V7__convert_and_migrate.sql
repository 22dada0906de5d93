alter table cluster
    add column former_app uuid, -- of a managed cluster that was a dev database
    add column former_component text,
    add column wanted_version text; -- major version to upgrade to as soon as the change under way has ended

-- What a resize or a conversion that fails brings back.
alter table cluster_change
    add column name text,
    add column app uuid,
    add column component text,
    add column size text,
    add column storage_size_mib int,
    add column retention_hours int;

-- Databases brought in from servers elsewhere.
create table online_migration (
    id uuid primary key, -- the operation's
    cluster uuid not null references cluster on delete cascade,
    status text not null check (status in ('running', 'syncing', 'canceled', 'error', 'done')),
    created_at timestamptz not null default now()
);
create index online_migration_of on online_migration (cluster, created_at);

alter table cluster
    add column migration uuid; -- the unfinished one
