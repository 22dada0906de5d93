alter table worker_node
    add column upgrade_targets jsonb not null default '[]'; -- major versions that the node can upgrade to the brief way
