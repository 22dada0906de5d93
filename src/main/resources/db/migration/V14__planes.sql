-- Where a cluster runs, and with that which program runs an operation on it. Until now there was one plane with one engine.
alter table cluster
    add column plane text not null default 'local';
alter table cluster
    alter column plane drop default;

alter table operation
    add column plane  text not null default '',
    add column engine text not null default '';

update operation
   set plane = 'local', engine = 'pg'
 where kind in ('provision-cluster', 'apply-settings', 'resize-cluster', 'convert-database', 'restore-cluster', 'back-up-cluster',
                'drill-recovery', 'install-update', 'check-upgrade', 'upgrade-cluster', 'undo-upgrade', 'settle-upgrade',
                'migrate-online', 'destroy-cluster');

-- One process may offer a place on more than one plane.
alter table worker_node
    add column plane text not null default 'local';
alter table worker_node
    alter column plane drop default;
alter table cluster
    drop constraint cluster_node_fkey;
alter table worker_node
    drop constraint worker_node_pkey,
    add primary key (id, plane);
alter table cluster
    add foreign key (node, plane) references worker_node;
