-- Sessions of browsers in the console. Only hashes are kept; a session ends with its token.
create table console_session (
    hash bytea primary key,
    token uuid not null references access_token on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index console_session_token on console_session (token);
create index console_session_expires on console_session (expires_at);

-- Links that sign in once.
create table console_link (
    hash bytea primary key,
    token uuid not null references access_token on delete cascade,
    expires_at timestamptz not null
);
create index console_link_token on console_link (token);

-- What has moved, for whoever follows all operations: the transaction that has moved it last. Those numbers begin in order and
-- commit in any, so who reads goes on from the oldest one that was still open the last time. It has no index: a claim stays HOT, and
-- who follows looks only at what is unfinished or has ended lately.
alter table operation add column moved bigint not null default 0;

create function operation_moved() returns trigger language plpgsql as $$
begin
    new.moved = pg_current_xact_id()::text::bigint;
    return new;
end
$$;

create trigger operation_new before insert on operation for each row execute function operation_moved();
-- A renewed lease moves nothing.
create trigger operation_moved before update on operation for each row
    when ((new.state, new.step, new.progress, new.why, new.error, new.overdue, new.cancel_requested, new.finished_at)
        is distinct from (old.state, old.step, old.progress, old.why, old.error, old.overdue, old.cancel_requested, old.finished_at))
    execute function operation_moved();
