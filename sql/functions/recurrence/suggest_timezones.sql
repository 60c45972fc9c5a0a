create or replace function almanac_private.suggest_timezones(meant text) returns text[]
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_meant text := left(btrim(suggest_timezones.meant), 200);
  v_words text := almanac_private.plain_words(v_meant);
  v_number text[];
  v_minutes integer;
  v_name text;
  v_zones text[];
begin
  -- Another case: only so is Etc/GMT+1 not taken for Etc/GMT-1.
  v_zones := array(select z.name from almanac_private.timezones z where lower(z.name) = lower(v_meant));
  if v_zones <> '{}' then
    return v_zones;
  end if;

  -- An offset. Windows shows zones as "(UTC+01:00) Amsterdam, Berlin, …": there the places say more.
  v_number := regexp_match(translate(v_meant, '−–±', '--+'),
    '^(?:\(?(?:UTC|GMT|UT|Z)?\)?\s*)([+-])\s*(\d{1,2})(?::?(\d\d))?\)?(?:\s|$)', 'i');
  if v_number is not null and v_meant !~ '\)\s*\S' then
    v_minutes := (v_number[1] || '1')::integer * (v_number[2]::integer * 60 + coalesce(v_number[3], '0')::integer);
    return array(select z.name from almanac_private.timezones z
      where z.name = almanac_private.offset_timezone(v_minutes));
  end if;

  -- The name in other words, what it is called, then its parts: Paris, France; Europe/New_York; CET-1CEST.
  foreach v_name in array array[v_words, regexp_replace(v_words, ' (standard|daylight|summer)( time)', '\2')]
    || array(select almanac_private.plain_words(p)
      from regexp_split_to_table(regexp_replace(v_meant, '^\([^)]*\)', ''), '[/\\,;()]') with ordinality x(p, n)
      order by case when v_meant ~ ',' then n else -n end)
    || substring(v_words from '^([a-z]{3,5}) ?[0-9]')
  loop
    v_zones := array(select z.name from almanac_private.timezones z where almanac_private.plain_words(z.name) = v_name
      and z.name !~ '[+-]\d' order by z.name);
    if v_zones = '{}' then
      v_zones := array(select z.name from almanac_private.timezones z
        where almanac_private.plain_words(split_part(z.name, '/', -1)) = v_name and z.name !~ '[+-]\d'
          order by z.name limit 1);
    end if;
    if v_zones = '{}' then
      v_zones := array(select z.name from almanac_private.timezone_names() n join almanac_private.timezones z
        on z.name = n.timezone
        where n.called = v_name group by z.name order by min(n.rank) limit 4);
    end if;
    exit when v_zones <> '{}';
  end loop;
  return v_zones;
end
$$;
comment on function almanac_private.suggest_timezones(text) is
  'Zones of this server that may be meant by a text that is not one: another spelling, an offset, an abbreviation, a '
  'Windows name, a city, a country. Empty: there is no good guess.';
grant execute on function almanac_private.suggest_timezones(text) to almanac_viewer;
