create table operation (
    id uuid primary key,
    team uuid not null,
    kind text not null,
    subject uuid not null,
    mutating boolean not null,
    node uuid,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    step text not null,
    wish jsonb not null,
    facts jsonb,
    journal jsonb not null default '[]',
    progress jsonb,
    result jsonb,
    error text,
    why text,
    attempt int not null default 0,
    cancel_requested boolean not null default false,
    run_at timestamptz not null default now(),
    deadline timestamptz,
    overdue boolean not null default false,
    lease_owner uuid,
    lease_until timestamptz,
    fence bigint not null default 0,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz
);

-- The claim: due ones in order. On finished_at and not on the state, so that claiming a row touches no index at all (HOT);
-- it also serves everything else that looks for unfinished ones.
create index operation_due on operation (run_at, id) where finished_at is null;
-- One change at a time.
create unique index operation_one_change on operation (subject) where mutating and finished_at is null;
-- Listings, newest first.
create index operation_subject on operation (subject, created_at desc);
create index operation_team on operation (team, created_at desc);
-- The sweep of ended ones.
create index operation_finished on operation (finished_at) where finished_at is not null;

-- Claims update every row twice or more: room on the page lets those stay off the wide indexes, and dead rows go early.
alter table operation set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- Wakes the workers at commit. One notification per statement, however many rows.
create function operation_queued() returns trigger language plpgsql as $$
begin
    perform pg_notify('mooring_operation_queued', '');
    return null;
end
$$;

create trigger operation_queued after insert on operation for each statement execute function operation_queued();
