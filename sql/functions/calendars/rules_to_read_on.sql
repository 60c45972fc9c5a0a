-- Definer: the worker sees no calendars.
create or replace function almanac_private.rules_to_read_on(as_of timestamptz default now())
returns table (rule_id bigint, label text, ics text, timezone text, known_until timestamptz)
language sql stable security definer rows 10 set search_path to pg_catalog, pg_temp
as $$
select r.id, r.label, r.ics, c.timezone, r.known_until
from almanac.calendar_rules r join almanac.exclusion_calendars c on c.id = r.calendar_id
where r.known_until < as_of + interval '4 years'
order by r.known_until, r.id limit 1000
$$;
comment on function almanac_private.rules_to_read_on(timestamptz) is
  'Rules of imported series whose occurrences are known for less than the next four years, with the zone of their '
  'calendar.';
grant execute on function almanac_private.rules_to_read_on(timestamptz) to almanac_worker;
