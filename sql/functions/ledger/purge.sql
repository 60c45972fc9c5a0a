-- Definer: deletes history, which nothing else does; who may is checked first.
create or replace function almanac.purge(
  before timestamptz, max_count integer default 10000, out runs bigint, out attempts bigint, out omissions bigint,
  out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_count bigint;
  v_logs bigint;
begin
  perform almanac_private.check_admin('purge');
  perform almanac_private.checked_count(purge.max_count, 1000000);
  if purge.before is null or not isfinite(purge.before) or purge.before > v_now then
    raise exception using errcode = 'AL021', message = 'History can only be deleted up to a time in the past.',
      detail = format('before: %s, now: %s.', coalesce(purge.before::text, 'null'), v_now),
      hint = 'For example now() - interval ''90 days''.';
  end if;
  insert into almanac_private.settings as s (key, value) values ('history_horizon', to_jsonb(purge.before))
  on conflict (key) do update set value = to_jsonb(greatest(purge.before, (s.value #>> '{}')::timestamptz));

  with old as (
    -- Children go with their parent, and count.
    select x.id, x.scheduled_for
    from (
      select y.id, y.scheduled_for, sum(1 + coalesce(y.children, 0)) over (order by y.scheduled_for, y.id)
        - coalesce(y.children, 0) as nth
      from (
        select r.id, r.scheduled_for, r.children from almanac.runs r
        where r.scheduled_for < purge.before and r.finished_at is not null and r.parent_id is null
        order by r.scheduled_for, r.id limit purge.max_count) y
    ) x
    where x.nth <= purge.max_count
  ), children as (
    delete from almanac.runs c using old o where c.parent_id = o.id and c.scheduled_for = o.scheduled_for
    returning c.id
  ), runs as (
    delete from almanac.runs r using old o where r.id = o.id and r.scheduled_for = o.scheduled_for returning r.id
  ), dead as (
    select r.id from runs r union all select c.id from children c
  )
  select count(*) into purge.runs from dead;
  with old as (
    select a.run_id, a.scheduled_for, a.attempt from almanac.run_attempts a
    where a.scheduled_for < purge.before
      and not exists (select from almanac.runs r where r.id = a.run_id and r.scheduled_for = a.scheduled_for)
        limit purge.max_count
  ), dead as (
    delete from almanac.run_attempts a using old o
    where a.run_id = o.run_id and a.scheduled_for = o.scheduled_for and a.attempt = o.attempt returning a.run_id
  )
  select count(*) into purge.attempts from dead;
  with old as (
    select l.run_id, l.scheduled_for, l.attempt, l.first_line from almanac.run_logs l
    where l.scheduled_for < purge.before
      and not exists (select from almanac.runs r where r.id = l.run_id and r.scheduled_for = l.scheduled_for)
        limit purge.max_count
  )
  delete from almanac.run_logs l using old o
  where l.run_id = o.run_id and l.scheduled_for = o.scheduled_for and l.attempt = o.attempt
    and l.first_line = o.first_line;
  get diagnostics v_logs = row_count;
  with old as (
    select o.id from almanac.omissions o where upper(o.during) < purge.before order by o.id limit purge.max_count
  ), dead as (
    delete from almanac.omissions o using old where o.id = old.id returning o.id
  )
  select count(*) into purge.omissions from dead;
  with old as (
    select v.id from almanac_private.rule_versions v where v.valid_to < purge.before order by v.id limit purge.max_count
  )
  delete from almanac_private.rule_versions v using old where v.id = old.id;
  get diagnostics v_count = row_count;
  is_done := greatest(purge.runs, purge.attempts, purge.omissions, v_count, v_logs) < purge.max_count;
  delete from almanac.occurrence_overrides o where o.done_at < purge.before and o.scheduled_for < purge.before
    and o.scheduled_for < (select s.cursor_at from almanac.schedules s where s.id = o.schedule_id);
  delete from almanac_private.limits_met l where l.until < purge.before;
  delete from almanac_private.deleted_history d where upper(d.during) < purge.before;
end
$$;
comment on function almanac.purge(timestamptz, integer) is
  'Deletes history with a nominal time before a moment: finished runs, their attempts and logs, gaps, and rules that '
  'were replaced before it; at most max_count of each per call, so call it until is_done; children go with their '
  'parent. The ledger check then looks only at what comes after. Counters of schedules stay.';
grant execute on function almanac.purge(timestamptz, integer) to almanac_viewer;
