create or replace function almanac_private.nearest_occurrences(
  rule almanac.schedules, moment timestamptz, since timestamptz
) returns table (before timestamptz, after timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_back interval;
begin
  after := almanac_private.next_occurrence(rule, greatest(nearest_occurrences.moment, nearest_occurrences.since));
  -- Dense rules have one close by, and too many further on.
  foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '9600 hours'] loop
    before := (select max(o.at) from almanac_private.occurrences_between(rule,
      greatest(nearest_occurrences.since + interval '1 microsecond', nearest_occurrences.moment - v_back),
      nearest_occurrences.moment, null) o(at));
    exit when before is not null or nearest_occurrences.moment - v_back < nearest_occurrences.since;
  end loop;
  return next;
end
$$;
comment on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz) is
  'The last time that a rule names before a moment, within 400 days and after since, and the first one after both.';
grant execute on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz)
  to almanac_viewer;
