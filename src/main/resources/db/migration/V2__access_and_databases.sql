create table team (
    id uuid primary key,
    name text not null unique,
    created_at timestamptz not null default now(),
    metrics_username text not null,
    metrics_secret text not null -- sealed
);

create table access_token (
    id uuid primary key,
    team uuid not null references team,
    name text not null,
    hash bytea not null unique, -- SHA-256 of the secret segment
    scopes text not null, -- space-separated; * for everything
    created_at timestamptz not null default now()
);

create table project (
    id uuid primary key,
    team uuid not null references team,
    name text not null,
    is_default boolean not null,
    created_at timestamptz not null default now()
);
create unique index project_default on project (team) where is_default;

create table vpc (
    id uuid primary key,
    team uuid not null references team,
    name text not null,
    region text not null,
    ip_range text not null,
    is_default boolean not null,
    created_at timestamptz not null default now(),
    unique (team, region, name)
);

create table worker_node (
    id uuid primary key,
    host text not null,
    first_port int not null,
    last_port int not null,
    ports_per_cluster int not null,
    versions jsonb not null, -- exact version by major version by engine
    seen_at timestamptz not null default now()
);

create table cluster (
    id uuid primary key,
    team uuid not null references team,
    project_id uuid not null references project,
    vpc uuid references vpc,
    name text not null,
    engine text not null,
    version text not null,
    semantic_version text not null,
    num_nodes int not null,
    size text not null,
    region text not null,
    storage_size_mib int not null,
    status text not null,
    failure text, -- why the last operation did not do what was asked; null when it did
    node uuid not null references worker_node,
    host text not null,
    port int not null,
    superuser_secret text not null, -- sealed
    maintenance_day text not null,
    maintenance_hour text not null,
    config text not null default '{}', -- what the owner set, as in the API
    service_cnames text not null default '[]',
    revision bigint not null default 1,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);
create unique index cluster_name on cluster (team, name) where deleted_at is null;
-- Ports stay taken until the last process of a deleted cluster is gone.
create unique index cluster_port on cluster (node, port);
create index cluster_team on cluster (team, created_at);

-- Users, databases and rules know at which revision of their cluster they came (or are to go), so that what became of
-- that revision can be written to just them.
create table cluster_user (
    cluster uuid not null references cluster on delete cascade,
    name text not null,
    position int not null,
    is_primary boolean not null,
    secret text not null, -- sealed
    previous_secret text, -- sealed; put back when a reset fails
    replication boolean,
    state text not null check (state in ('adding', 'active', 'removing')),
    revision bigint not null,
    primary key (cluster, name)
);

create table cluster_database (
    cluster uuid not null references cluster on delete cascade,
    name text not null,
    position int not null,
    state text not null check (state in ('adding', 'active', 'removing')),
    revision bigint not null,
    primary key (cluster, name)
);

create table firewall_rule (
    id uuid primary key,
    cluster uuid not null references cluster on delete cascade,
    position int not null,
    type text not null,
    value text not null,
    description text,
    created_at timestamptz not null,
    -- Sources may swap places within one replacement of the list.
    unique (cluster, type, value) deferrable initially deferred
);

-- What a change under way has replaced, to be put back when the data plane refuses it.
create table cluster_change (
    cluster uuid primary key references cluster on delete cascade,
    revision bigint not null,
    config text not null,
    service_cnames text not null,
    rules text
);

create table cluster_event (
    id text primary key,
    cluster uuid not null references cluster on delete cascade,
    cluster_name text not null,
    type text not null,
    created_at timestamptz not null default now()
);
create index cluster_event_newest on cluster_event (cluster, created_at desc);

create table tag (
    team uuid not null references team,
    name text not null,
    created_at timestamptz not null default now(),
    primary key (team, name)
);

create table tag_resource (
    team uuid not null,
    tag text not null,
    resource_type text not null,
    resource_id text not null,
    created_at timestamptz not null default now(),
    primary key (team, tag, resource_type, resource_id),
    foreign key (team, tag) references tag (team, name) on delete cascade
);
create index tag_resource_of on tag_resource (resource_type, resource_id);

-- What a client sees of a cluster is built from several tables. Any change of one of them gives the cluster's row a new
-- mark, so that one small read tells whether an answer made earlier still holds.
create sequence cluster_mark;
alter table cluster add mark bigint not null default nextval('cluster_mark');

create function mark_self() returns trigger language plpgsql as $$
begin
    new.mark := nextval('cluster_mark');
    return new;
end
$$;
create trigger mark_self before update on cluster for each row execute function mark_self();

create function mark_cluster() returns trigger language plpgsql as $$
begin
    update cluster set revision = revision where id = coalesce(new.cluster, old.cluster);
    return null;
end
$$;
create trigger mark_cluster after insert or update or delete on cluster_user for each row execute function mark_cluster();
create trigger mark_cluster after insert or update or delete on cluster_database for each row execute function mark_cluster();
create trigger mark_cluster after insert or update or delete on firewall_rule for each row execute function mark_cluster();

create function mark_tagged() returns trigger language plpgsql as $$
begin
    update cluster set revision = revision
        where id::text = coalesce(new.resource_id, old.resource_id) and coalesce(new.resource_type, old.resource_type) = 'database';
    return null;
end
$$;
create trigger mark_tagged after insert or delete on tag_resource for each row execute function mark_tagged();
