-- Which token's clients have been told of a cluster's failure, so that no process tells it to them again.
create table failure_told (
    cluster uuid not null references cluster on delete cascade,
    token uuid not null,
    failed_at timestamptz not null,
    primary key (cluster, token)
);
