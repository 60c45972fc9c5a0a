-- Called by within_limits, with its rights.
create or replace function almanac_private.fires_again_at(
  run_as text, limit_name text, lacking bigint, as_of timestamptz
) returns timestamptz
language sql stable
begin atomic
  select case
    -- What ends is not foreseen: it is looked at again every half minute.
    when fires_again_at.limit_name = 'unfinished_runs'
      then date_bin('30 seconds', fires_again_at.as_of, '2000-01-01Z') + interval '30 seconds'
    else greatest(fires_again_at.as_of + interval '1 second', coalesce(min(o.minute) filter (where o.gone >= lacking)
      + interval '1 hour', fires_again_at.as_of + interval '1 hour')) end
  from (
    select f.minute, sum(sum(case fires_again_at.limit_name when 'runs_per_hour' then f.runs else f.bytes end))
      over (order by f.minute) as gone
    from almanac_private.fired f
    where f.run_as = fires_again_at.run_as and f.minute > fires_again_at.as_of - interval '1 hour'
      and f.minute <= fires_again_at.as_of
    group by f.minute
  ) o;
end;
comment on function almanac_private.fires_again_at(text, text, bigint, timestamptz) is
  'When a role that has met a limit may fire again: once as much as it lacks was fired an hour ago.';
