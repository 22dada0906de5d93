-- What a client that knows the type alone is not told.
alter table cluster_event add column details text;
