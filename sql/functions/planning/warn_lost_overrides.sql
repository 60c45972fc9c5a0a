create or replace function almanac_private.warn_lost_overrides(
  was almanac.schedules, lost timestamptz[]
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  -- How many are named; the others are counted.
  v_most constant integer := 20;
begin
  raise warning using errcode = 'AL030',
    message = format('Schedule %s has moved or skipped occurrences that the new rule does not name.', was.name),
    detail = format('Their nominal times: %s%s.', (
      select string_agg(almanac_private.spoken_time(l.at, was.timezone), ', ' order by l.at)
      from unnest(warn_lost_overrides.lost) with ordinality l(at, nth) where l.nth <= v_most),
      case when cardinality(warn_lost_overrides.lost) > v_most
        then format(' and %s more', cardinality(warn_lost_overrides.lost) - v_most) else '' end),
    hint = 'If you still want to, move or skip occurrences of the new rule instead.';
end
$$;
comment on function almanac_private.warn_lost_overrides(almanac.schedules, timestamptz[]) is
  'Warns (AL030) of occurrences that were moved or skipped and have no successor, given by time.';
grant execute on function almanac_private.warn_lost_overrides(almanac.schedules, timestamptz[]) to almanac_operator;
