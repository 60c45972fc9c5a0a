create or replace function almanac_private.next_occurrence(
  schedule almanac.schedules, after timestamptz
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_next timestamptz;
  v_after timestamptz := next_occurrence.after;
begin
  if schedule.starts_at > v_after and schedule.kind <> 'once' then
    v_after := schedule.starts_at - interval '1 microsecond';
  end if;
  case schedule.kind
    when 'cron' then
      v_next := almanac_private.next_cron(schedule.rule, schedule.timezone, v_after);
    when 'interval' then
      v_next := almanac_private.next_interval(schedule.every,
        coalesce(schedule.starts_at, date_trunc('second', schedule.created_at)), schedule.timezone, v_after);
    when 'once' then
      if schedule.run_at > v_after and schedule.run_at >= coalesce(schedule.starts_at, '-infinity') then
        v_next := schedule.run_at;
      end if;
    else
      return null;
  end case;
  if v_next >= schedule.ends_at then
    return null;
  end if;
  return v_next;
end
$$;
comment on function almanac_private.next_occurrence(almanac.schedules, timestamptz) is
  'First nominal time of a schedule strictly after a moment, within its bounds; null: none. What fires and what is '
  'shown both come from here.';
grant execute on function almanac_private.next_occurrence(almanac.schedules, timestamptz) to almanac_viewer;
