alter table cluster
    add column failed_at timestamptz, -- when failure or change_failure was written
    add column change_failure text, -- why the last change of the cluster's form was taken back; null when it was not
    add column throw_away boolean not null default false; -- a copy to try something on: nothing of it is archived

-- What came to nothing has a status of its own, so that nobody waits for it.
update cluster set status = 'failed', failed_at = created_at
    where status in ('creating', 'forking') and failure is not null and deleted_at is null;

-- No other component can have such a name.
update cluster set throw_away = true where component like 'rehearsal\_%';
