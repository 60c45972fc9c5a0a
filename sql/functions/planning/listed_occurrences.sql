create or replace function almanac_private.listed_occurrences(
  schedule almanac.schedules, after timestamptz, max_count integer
)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  select o.at, o.due_at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    nullif(concat_ws(' ', almanac_private.due_note(schedule, row(o.at, o.due_at, o.outcome)), case
      when l.after_gap and o.due_at = o.at and gap.is_named then
        format('%s does not exist that day: clocks go forward, so it runs at %s.',
          to_char(gap.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s occurs twice that day: clocks go back. This is the %s time.', to_char(l.shown, 'HH24:MI'), l.pass)
    end), '')
  from almanac_private.coming_occurrences(schedule, listed_occurrences.after + interval '1 microsecond', 'infinity',
      listed_occurrences.max_count) with ordinality o(at, due_at, outcome, position)
  cross join lateral almanac_private.local_reading(o.due_at, schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone schedule.timezone
      - (o.at - interval '25 hours') at time zone 'UTC') as shown
  ) before
  cross join lateral (
    select before.shown as planned, case
      when schedule.kind = 'cron' then not (schedule.rule).running
        and almanac_private.next_cron(schedule.rule, 'UTC',
          (before.shown at time zone 'UTC') - interval '1 microsecond')
          = before.shown at time zone 'UTC'
      -- Of days and months: at its first one's time of day.
      when schedule.kind = 'interval'
        then 0 < any (array[date_part('day', schedule.every), date_part('month', schedule.every),
          date_part('year', schedule.every)])
        and before.shown::time = (coalesce(schedule.starts_at, date_trunc('second', schedule.created_at))
          at time zone schedule.timezone)::time
      else false end as is_named
  ) gap
  order by o.position;
end
$$;
comment on function almanac_private.listed_occurrences(almanac.schedules, timestamptz, integer) is
  'The next occurrences of a schedule that are due after a moment, as preview() and upcoming() list them. local_time '
  'and utc_offset are those of due_at in the schedule''s zone; note says why an occurrence is not due at its nominal '
  'time, and what a clock change does to it.';
grant execute on function almanac_private.listed_occurrences(almanac.schedules, timestamptz, integer)
  to almanac_viewer;
