-- A port is taken on a host: clusters on Kubernetes have hosts of their own, and all of them the same port.
drop index cluster_port;
create unique index cluster_port on cluster (node, host, port);
