-- What a deleted cluster is brought back with. Of archives from before this the trusted sources are not known any more:
-- they come back closed to everybody, and their owner opens them.
alter table kept_archive
    add column rules jsonb not null
        default '[{"type": "ip_addr", "value": "255.255.255.255/32", "description": "Nobody: the trusted sources of this cluster are not known any more"}]',
    add column tags jsonb not null default '[]',
    add column service_cnames text not null default '[]',
    add column maintenance_day text, -- null for the archives from before
    add column maintenance_hour text,
    add column retention_hours int not null default 168,
    add column drill_hours int,
    add column synchronous_archive boolean not null default false,
    add column project_id uuid,
    add column vpc uuid,
    add column size text not null default 'db-s-1vcpu-1gb',
    add column storage_size_mib int not null default 0;
-- From now on whoever deletes a cluster says what its sources are.
alter table kept_archive alter column rules drop default;

-- Where apps connected from when the cluster's trusted sources were last written: another setting is written anew.
alter table cluster add column app_networks text;
