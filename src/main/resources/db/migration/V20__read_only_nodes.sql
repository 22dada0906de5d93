-- A read-only node is a cluster that follows another one: it has that one's users, databases and settings.
alter table cluster
    add column replica_of uuid,
    add column promoted_from uuid; -- while it becomes a cluster of its own, and could go back
create index cluster_replica_of on cluster (replica_of) where replica_of is not null;
create index cluster_promoted_from on cluster (promoted_from) where promoted_from is not null;

-- What a client sees of a read-only node changes with the cluster that it follows.
create or replace function mark_cluster() returns trigger language plpgsql as $$
begin
    update cluster set revision = revision where id = coalesce(new.cluster, old.cluster);
    update cluster set revision = revision where replica_of = coalesce(new.cluster, old.cluster);
    return null;
end
$$;

-- Its version is always that of the cluster that it follows.
create function follow_version() returns trigger language plpgsql as $$
begin
    update cluster set version = new.version, semantic_version = new.semantic_version where replica_of = new.id;
    return null;
end
$$;
create trigger follow_version after update of version, semantic_version on cluster for each row
    when (new.version is distinct from old.version or new.semantic_version is distinct from old.semantic_version)
    execute function follow_version();
