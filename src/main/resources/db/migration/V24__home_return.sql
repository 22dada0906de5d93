-- A home that was made of a backup, on a machine that has none of its databases: they are brought back once, then its apps.
create table home_return (
    id uuid primary key,
    at timestamptz not null default now(),
    apps_at timestamptz -- when its apps were deployed again; null as long as databases are on their way
);
