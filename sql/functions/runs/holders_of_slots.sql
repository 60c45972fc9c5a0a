-- Called by runs_blocked_because, with its rights.
create or replace function almanac_private.holders_of_slots(statements boolean) returns text
language sql stable
return (
  select string_agg(format('%s by %s of %s', h.count, h.task_identifier, h.account), ', '
    order by h.count desc, h.account, h.task_identifier)
  from (
    select almanac_private.account_name(r.run_as, r.owner_user) as account, r.task_identifier, count(*) as count
    from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running' and r.children is null
    group by r.run_as, r.owner_user, r.task_identifier
    order by almanac_private.is_statement_task(r.task_identifier) = holders_of_slots.statements desc, count(*) desc, 1,
      r.task_identifier
    limit 3
  ) h);
comment on function almanac_private.holders_of_slots(boolean) is
  'Which tasks of which roles, or users of the web client, most running runs are of, statements first or last: at '
  'most three. Of more than 10,000 unfinished runs it looks at that many. Null: none is running.';
