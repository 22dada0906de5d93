-- Teams, tokens that end, and who changed what.

-- One team administers the installation: it alone has rights that reach beyond a team.
alter table team add administers boolean not null default false;
update team set administers = true where name = 'default';
create unique index team_administers on team (administers) where administers;

-- What a team may have at the same time; null for no limit.
alter table team add most_clusters int check (most_clusters >= 0);
alter table team add most_storage_mib bigint check (most_storage_mib >= 0);
alter table team add most_nodes int check (most_nodes >= 0);

-- Refused from then on; null for a token that does not end by itself.
alter table access_token add expires_at timestamptz;

-- Where an administrator's token comes from: 'setting', or 'file ' and the id of the home; null for one made over the API.
alter table access_token add origin text;
-- Until now they were told from others by their name alone. Which of them the setting holds today, the next start finds out,
-- and the others end: values of earlier days.
update access_token set origin = 'setting'
    where name = 'admin' and scopes = '*' and user_name is null and team in (select id from team where administers);

-- Tokens that were revoked or replaced, so that no start of any replica brings one back.
create table ended_token (
    hash bytea primary key,
    ended_at timestamptz not null default now()
);

create function token_ended() returns trigger language plpgsql as $$
begin
    insert into ended_token (hash) values (old.hash) on conflict do nothing;
    return null;
end
$$;
create trigger token_ended after delete on access_token for each row execute function token_ended();

-- Every request that may change something, written before it is carried out: no foreign keys, it outlives what it names.
create table audit_entry (
    id uuid primary key,
    number bigint not null generated always as identity,
    at timestamptz not null default clock_timestamp(),
    team uuid, -- null for a caller who is nobody
    team_name text,
    token uuid,
    token_name text,
    user_name text,
    address text not null, -- where the caller came from
    method text not null,
    endpoint text not null, -- with its parameters' names in place of their values
    parameters jsonb not null,
    subject_kind text, -- what the path names
    subject_id text,
    request text not null -- the request's id
);
create index audit_entry_team on audit_entry (team, number desc);
create index audit_entry_newest on audit_entry (number desc);
create index audit_entry_at on audit_entry (at);

-- What became of it, written before its answer leaves; missing when Mooring ended in between.
create table audit_outcome (
    entry uuid primary key,
    status int not null,
    subject_kind text, -- what it has made or changed, where the path does not name it
    subject_id text,
    operations uuid[] not null default '{}',
    repeated int not null default 0 -- refusals of the same kind that were left out since the last one
);

-- What is written stays as it is. Only the sweep of what is old, which says who it is, takes anything away.
create function audit_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('mooring.sweep', true) = 'audit' then
        return old;
    end if;
    raise exception 'the audit trail is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_stays before update or delete on audit_entry for each row execute function audit_stays();
create trigger audit_stays before update or delete on audit_outcome for each row execute function audit_stays();
create trigger audit_kept before truncate on audit_entry for each statement execute function audit_stays();
create trigger audit_kept before truncate on audit_outcome for each statement execute function audit_stays();
