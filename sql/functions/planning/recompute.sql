-- Definer: writes what only the engine may; who may is checked first.
create or replace function almanac.recompute(timezone text default null, dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, schedule_timezone text, was_due_at timestamptz,
  due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
begin
  perform almanac_private.check_admin('recompute', true);
  if recompute.timezone is not null then
    perform almanac_private.check_timezone(recompute.timezone);
  end if;
  -- By the old rules. Anyone who holds one replaces it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(select k.id from almanac_private.known_exclusions k for update skip locked));
  -- What is due by now is being fired and stays out of it.
  v_ids := array(
    select s.id from almanac.schedules s cross join lateral almanac_private.next_due(s) d
    where s.next_run_at > v_now and almanac_private.lost_timezone(s) is null
      and (recompute.timezone is null or s.timezone = recompute.timezone or exists (
        select from almanac.exclusion_calendars c left join almanac.calendar_entries e on e.calendar_id = c.id
          and e.timezone = recompute.timezone
        where c.name = any (s.calendars) and (c.timezone = recompute.timezone or e.id is not null)))
          and d.due_at is distinct from s.next_run_at
    order by s.id);
  return query
  select s.id, s.name, s.timezone, s.next_run_at, d.due_at
  from almanac.schedules s cross join lateral almanac_private.next_due(s) d
  where s.id = any (v_ids) order by s.id;
  if not recompute.dry_run and v_ids <> '{}' then
    perform almanac_private.replan(v_ids);
  end if;
end
$$;
comment on function almanac.recompute(text, boolean) is
  'After the rules of time zones have changed in the operating system or in PostgreSQL: recomputes when schedules '
  '(null: of all zones) are next due, and moves those that change. Returns what moves; with dry_run it changes '
  'nothing.';
grant execute on function almanac.recompute(text, boolean) to almanac_viewer;
