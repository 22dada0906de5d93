create table app (
    id uuid primary key,
    team uuid not null references team,
    project_id uuid not null references project,
    name text not null,
    region text not null,
    spec text not null, -- as submitted, its secrets encrypted
    spec_key text not null, -- sealed key that encrypts the spec's secrets
    node uuid, -- the node that runs its components; null where none does
    port int, -- where that node serves the app
    active_deployment uuid,
    pinned_deployment uuid, -- the deployment gone back to, until commit or revert
    pinned_from uuid, -- the one that was active before that
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create unique index app_name on app (team, name) where deleted_at is null;
create unique index app_port on app (node, port);

create table deployment (
    id uuid primary key,
    number bigint not null generated always as identity,
    app uuid not null references app on delete cascade,
    operation uuid not null,
    spec text not null,
    type text not null,
    action text not null,
    cause text not null,
    previous uuid,
    cloned_from uuid,
    phase text not null,
    outcome text, -- JSON: steps and what they found out, once it has ended
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    phase_updated_at timestamptz not null default now()
);
create index deployment_newest on deployment (app, number desc);

create table app_alert (
    app uuid not null references app on delete cascade,
    id uuid not null,
    emails text not null,
    slack_webhooks text not null,
    primary key (app, id)
);

-- Dev databases are clusters that belong to an app: found by their id, not by name, and listed nowhere.
alter table cluster add app uuid;
alter table cluster add component text;
drop index cluster_name;
create unique index cluster_name on cluster (team, name) where deleted_at is null and app is null;
create unique index cluster_component on cluster (app, component) where deleted_at is null;


-- The nodes that run the components of apps.
create table app_node (
    id uuid primary key,
    host text not null,
    first_port int not null,
    last_port int not null,
    seen_at timestamptz not null default now()
);
