-- The CA whose certificates the servers of a node show: replicas that have another one answer for it.
alter table worker_node add column ca_certificate text not null default '';
