create or replace function almanac_private.check_timezone(timezone text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_hides constant boolean := check_timezone.timezone in ('CET', 'EET', 'MET', 'WET');
  v_zones text[];
  v_fixed text;
begin
  if exists (select from almanac_private.timezones t where t.name = check_timezone.timezone) then
    return;
  end if;
  v_zones :=
    array(select z || case when z ~ '^Etc/GMT[+-]'
    then format(', which is UTC%s%s all year: its sign is reversed',
      translate(substr(z, 8, 1), '+-', '-+'), substr(z, 9)) else '' end
    from unnest(almanac_private.suggest_timezones(check_timezone.timezone)) z);
  if v_hides then
    v_fixed := case check_timezone.timezone when 'WET' then 'UTC' when 'EET' then 'Etc/GMT-2, which is UTC+2,'
      else 'Etc/GMT-1, which is UTC+1,' end;
  end if;
  raise exception using errcode = 'AL002', column = 'timezone',
    message = case when v_hides then format('%s is not accepted as a time zone.', check_timezone.timezone)
      else format('%s is not a time zone.', coalesce(quote_literal(left(check_timezone.timezone, 100)), 'null')) end,
    detail = case when v_hides then 'PostgreSQL reads it as an abbreviation: a fixed offset all year, without the '
      'daylight saving time of the zone of that name.'
      else 'Only IANA names are accepted, spelled exactly; no offsets, no POSIX rules.' end,
    hint = case
      when v_hides then format('Did you mean %s, with daylight saving time, or %s all year?', v_zones[1], v_fixed)
      when v_zones = '{}' then 'For example UTC or Europe/Paris. See: select name from pg_timezone_names.'
      else format('Did you mean %s?', coalesce(nullif(array_to_string(trim_array(v_zones, 1), ', '), '') || ' or ', '')
        || v_zones[cardinality(v_zones)])
    end;
end
$$;
comment on function almanac_private.check_timezone(text) is
  'Raises AL002 unless the name is one that this server knows; its hint names the zones that may be meant.';
grant execute on function almanac_private.check_timezone(text) to almanac_viewer;
