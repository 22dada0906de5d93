-- An operation that waits for another one holds no slot; the end of the other makes it due.
alter table operation add column waits_for uuid;
create index operation_waits_for on operation (waits_for) where waits_for is not null;

-- Only what is to be claimed wakes the workers: whoever queues what it begins itself has no need of them.
-- Notifications of one transaction that say the same are sent once.
drop trigger operation_queued on operation;
create trigger operation_queued after insert on operation for each row when (new.state = 'queued')
    execute function operation_queued();

-- The step that rolls back has one name in every program.
create function pg_temp.roll_back(step text) returns text language sql immutable as $$
    select case when step in ('FAIL', 'GIVE_UP', 'CLEAN_UP', 'GO_BACK', 'PUT_BACK', 'END', 'THROW_AWAY') then 'ROLL_BACK'
        else step end
$$;

update operation set step = pg_temp.roll_back(step),
    journal = (select coalesce(jsonb_agg(entry || jsonb_build_object('step', pg_temp.roll_back(entry ->> 'step')) order by n), '[]')
        from jsonb_array_elements(journal) with ordinality as entries (entry, n))
    where journal @? '$[*].step ? (@ == "FAIL" || @ == "GIVE_UP" || @ == "CLEAN_UP" || @ == "GO_BACK" || @ == "PUT_BACK"
        || @ == "END" || @ == "THROW_AWAY")' or step <> pg_temp.roll_back(step);

-- What a deployment has noted of the jobs that it ran then.
update operation set facts = jsonb_set(facts, '{tasks}',
        (select jsonb_agg(part || jsonb_build_object('step', pg_temp.roll_back(part ->> 'step')) order by n)
            from jsonb_array_elements(facts -> 'tasks') with ordinality as parts (part, n)))
    where kind = 'deploy-app' and facts @? '$.tasks[*].step ? (@ == "FAIL")';
