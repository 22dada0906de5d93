-- Connection pools of a cluster, a JSON array; and what a refused change of them points back to.
alter table cluster
    add column pools text not null default '[]';
alter table cluster_change
    add column pools text;
