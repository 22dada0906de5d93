-- The addresses of a cluster, by what is reached there; the primary's is the first. Until now each took a row of neighbouring ports.
alter table cluster
    add column endpoints text; -- JSON
update cluster
   set endpoints = (select jsonb_agg(jsonb_build_object('role', role, 'host', host, 'port', port + n - 1) order by n)::text
                      from unnest(array ['PRIMARY', 'POOL', 'METRICS', 'BUILD', 'DRILL']) with ordinality as roles (role, n));
alter table cluster
    alter column endpoints set not null,
    drop column host,
    drop column port;
alter table cluster
    add column host text not null generated always as (endpoints::jsonb -> 0 ->> 'host') stored,
    add column port int not null generated always as ((endpoints::jsonb -> 0 ->> 'port')::int) stored;
create unique index cluster_port on cluster (node, port);

alter table worker_node
    drop column ports_per_cluster;

update operation
   set wish = wish - 'host' - 'port' || jsonb_build_object('endpoints',
       (select jsonb_agg(jsonb_build_object('role', role, 'host', wish -> 'host', 'port', (wish ->> 'port')::int + n - 1) order by n)
          from unnest(array ['PRIMARY', 'POOL', 'METRICS', 'BUILD', 'DRILL']) with ordinality as roles (role, n)))
 where plane = 'local' and wish ? 'port';
