-- Apps that deployments have made trusted sources, beside the list of sources that people replace as a whole.
create table attached_app (
    cluster uuid not null references cluster (id) on delete cascade,
    app uuid not null,
    revision bigint not null, -- of the cluster's change that let it in
    primary key (cluster, app)
);
insert into attached_app (cluster, app, revision)
    select distinct r.cluster, a.id, 0 from firewall_rule r join cluster c on c.id = r.cluster
    join app a on a.team = c.team and a.deleted_at is null and cast(a.id as text) = lower(r.value)
    where r.type = 'app';
create trigger mark_cluster after insert or update or delete on attached_app for each row execute function mark_cluster();
