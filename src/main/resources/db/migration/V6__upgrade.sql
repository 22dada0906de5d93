alter table cluster
    add column former_versions jsonb not null default '[]', -- [{"version", "until"}], oldest first: what a restored moment runs on
    add column previous_version text, -- the one an upgrade can be undone to; null for none
    add column undo_until timestamptz;

alter table kept_archive
    add column former_versions jsonb not null default '[]';
