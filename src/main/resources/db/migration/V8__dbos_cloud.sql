-- DBOS Cloud's API: who calls, what its users may do inside a cluster, and servers of other people.

-- The name under which a token is registered; null for the team's own.
alter table access_token add user_name text;

-- A user's part in DBOS Cloud's API: 'user' owns what the apps have, 'admin' runs their migrations; null for none.
alter table cluster_user add dbos_role text check (dbos_role in ('user', 'admin'));

-- PostgreSQL servers that somebody else runs.
create table linked_instance (
    id uuid primary key,
    team uuid not null references team,
    name text not null,
    host text not null,
    port int not null,
    user_name text not null,
    secret text not null, -- sealed
    supabase_reference text,
    created_at timestamptz not null default now(),
    unique (team, name)
);

-- Clusters and linked instances share their names, and who comes second is told so by the same constraint.
create function instance_name() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('mooring instance name'), hashtext(new.team::text || new.name));
    if tg_table_name = 'cluster' then
        if new.app is not null or not exists (select from linked_instance where team = new.team and name = new.name) then
            return new;
        end if;
    elsif not exists (
        select from cluster where team = new.team and name = new.name and app is null and deleted_at is null) then
        return new;
    end if;
    raise unique_violation using
        message = 'duplicate key value violates unique constraint "cluster_name"', constraint = 'cluster_name';
end
$$;
create trigger instance_name before insert or update of name, app on cluster for each row execute function instance_name();
create trigger instance_name before insert on linked_instance for each row execute function instance_name();

-- Apps that were registered through DBOS Cloud's API: their code is uploaded, their spec written by Mooring.
alter table app add language text; -- null for an app whose owner writes its spec
alter table app add memory_mib int not null default 512;

create table app_upload (
    app uuid not null references app on delete cascade,
    version text not null,
    bytes bigint not null,
    app_database text not null,
    system_database text not null,
    starts_by_itself boolean not null,
    created_at timestamptz not null default now(),
    primary key (app, version)
);
