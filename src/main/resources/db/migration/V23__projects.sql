-- Teams may have several projects, and move what they have between them.
alter table project
    add column description text not null default 'Every resource of the team',
    add column purpose text not null default 'Operational / Developer tooling',
    add column environment text not null default 'Production',
    add column updated_at timestamptz not null default now();
create unique index project_name on project (team, name);

-- When it was assigned to its project; null for what was made there.
alter table cluster add column project_since timestamptz;
alter table app add column project_since timestamptz;
create index cluster_project on cluster (project_id);
create index app_project on app (project_id);
