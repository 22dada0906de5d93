-- A refused change of the number of nodes points back to the one before.
alter table cluster_change
    add column num_nodes int;
