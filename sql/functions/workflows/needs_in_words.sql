-- Called by why_run, with its rights.
create or replace function almanac_private.needs_in_words(run almanac.runs) returns text
language sql stable set search_path to pg_catalog, pg_temp
return (
  select 'It waits for ' || case when bool_or(l.step_rule ? 'join') then 'one of these: ' else '' end || string_agg(
    format('%s, which %s', almanac_private.step_name(p.graph -> r.element - 1),
    case r.status when 'waiting' then 'waits itself' when 'retrying' then 'will be tried again'
      else format('is %s', r.status) end), '; ' order by r.element) || '.'
  from almanac_private.live_runs l cross join unnest(l.needs) n(id)
  join almanac.runs r on r.id = n.id and r.scheduled_for = l.scheduled_for
  join almanac.runs p on p.id = l.parent_id and p.scheduled_for = l.scheduled_for
  where l.schedule_id = run.schedule_id and l.run_id = run.id and l.is_waiting and r.finished_at is null);
comment on function almanac_private.needs_in_words(almanac.runs) is
  'Which steps a step waits for, and what they do: ''It waits for load, which is running.''; null: for none.';
