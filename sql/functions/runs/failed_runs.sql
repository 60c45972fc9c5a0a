-- Called by definer functions, with their rights.
create or replace function almanac_private.failed_runs(filter almanac_private.run_filter)
returns table (id bigint, scheduled_for timestamptz, is_mine boolean, is_retried boolean, is_possible boolean)
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_most constant integer := 100000;
  v_schedules bigint[];
  v_count bigint;
begin
  if failed_runs.filter.ids is null and failed_runs.filter.since is null then
    raise exception using errcode = 'AL012', message = 'The filter does not say how far back to retry runs.',
      detail = 'since is missing.', hint = 'Add since, which is compared with scheduled_for, or ids.';
  end if;
  if failed_runs.filter.schedule_id is not null then
    v_schedules := array[failed_runs.filter.schedule_id];
  elsif failed_runs.filter.tag is not null then
    v_schedules := array(select s.id from almanac.schedules s where failed_runs.filter.tag = any (s.tags));
  end if;
  if failed_runs.filter.ids is null then
    v_count := (select count(*) from (
      select from almanac.runs r
      where r.scheduled_for >= failed_runs.filter.since
        and r.scheduled_for < coalesce(failed_runs.filter.until, 'infinity')
        and (v_schedules is null or r.schedule_id = any (v_schedules))
      limit v_most + 1) c);
    if v_count > v_most then
      raise exception using errcode = 'AL012', message = 'The filter covers more than 100,000 runs.',
        detail = format('since: %s, until: %s.', failed_runs.filter.since,
          coalesce(failed_runs.filter.until::text, 'null')),
        hint = 'Use a shorter range, or name a schedule.';
    end if;
  end if;
  return query
  select r.id, r.scheduled_for, almanac_private.may_change_run(r), exists (
    select from almanac.runs t
    where t.schedule_id = r.schedule_id and t.scheduled_for = r.scheduled_for and t.retried_from = r.id),
    almanac_private.retry_problem(r) is null
  from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
  where (failed_runs.filter.ids is null or r.id = any (failed_runs.filter.ids))
    and r.scheduled_for >= coalesce(failed_runs.filter.since, '-infinity')
    and r.scheduled_for < coalesce(failed_runs.filter.until, 'infinity')
    and (v_schedules is null or r.schedule_id = any (v_schedules))
    and almanac_private.is_repeatable(r.status)
    -- Those are repeated with their parent.
    and r.parent_id is null
    -- Cancelled ones only if they are asked for.
    and (r.status <> 'cancelled' or failed_runs.filter.status is not null)
    and almanac_private.fits_run_filter(r, s, failed_runs.filter);
end
$$;
comment on function almanac_private.failed_runs(almanac_private.run_filter) is
  'The runs that fit a filter and failed or timed out, or were cancelled, if the filter names that state; whether the '
  'caller may repeat them, whether someone has, and whether it is possible.';
