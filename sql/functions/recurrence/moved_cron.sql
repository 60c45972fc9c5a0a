create or replace function almanac_private.moved_cron(
  cron text, was timestamp, moved timestamp, out expression text, out note text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_text text := regexp_replace(btrim(moved_cron.cron, E' \t\n\r'), '[ \t\n\r]+', ' ', 'g');
  v_fields text[];
  v_parsed almanac_private.parsed_cron;
  -- Second, minute, hour, day of month, month, day of week.
  v_masks bigint[];
  v_was integer[];
  v_to integer[];
  v_changed integer[] := '{}';
  v_lists integer[];
  v_is_daily boolean;
begin
  v_text := case lower(v_text) when '@yearly' then '0 0 1 1 *' when '@annually' then '0 0 1 1 *'
    when '@monthly' then '0 0 1 * *' when '@weekly' then '0 0 * * 0' when '@daily' then '0 0 * * *'
    when '@midnight' then '0 0 * * *' when '@hourly' then '0 * * * *' else v_text end;
  v_parsed := almanac_private.parse_cron(v_text);
  v_fields := string_to_array(v_text, ' ');
  if cardinality(v_fields) = 5 then
    v_fields := '0'::text || v_fields;
  end if;
  v_masks := array[v_parsed.seconds, v_parsed.minutes, v_parsed.hours, v_parsed.days, v_parsed.months,
    v_parsed.weekdays];
  v_was := array[extract(second from was), extract(minute from was), extract(hour from was), extract(day from was),
    extract(month from was), extract(dow from was)];
  v_to := array[extract(second from moved), extract(minute from moved), extract(hour from moved),
    extract(day from moved), extract(month from moved), extract(dow from moved)];
  v_is_daily := v_parsed.day_of_month_open and v_parsed.day_of_week_open;

  if moved::date <> was::date then
    if v_is_daily then
      note := 'The rule names every day, so only the time of day can change.';
      return;
    elsif not (v_parsed.day_of_month_open or v_parsed.day_of_week_open)
      or v_parsed.last_days | v_parsed.nearest_weekdays | v_parsed.nth_weekdays | v_parsed.final_weekdays <> 0
      or v_parsed.last_weekday_of_month
    then
      note := 'The rule names its days in a way that cannot express this change.';
      return;
    end if;
    v_changed := case when v_parsed.day_of_month_open then array[6]
      when v_was[5] = v_to[5] then array[4] else array[4, 5] end;
  end if;
  for i in 1 .. 3 loop
    if v_was[i] <> v_to[i] then
      v_changed := v_changed || i;
    end if;
  end loop;

  -- A list keeps its other values: then nothing else may change, and no other list takes part in it.
  v_lists := array(select c.i from unnest(v_changed) c(i) where v_masks[c.i] & (v_masks[c.i] - 1) <> 0);
  if v_lists <> '{}' and (cardinality(v_changed) > 1 or v_fields[v_lists[1]] ~ '[*/]'
    or v_masks[v_lists[1]] >> v_to[v_lists[1]] & 1 = 1
    or exists (select from unnest(array[1, 2, 3]) o(i)
      where o.i <> v_lists[1] and v_masks[o.i] & (v_masks[o.i] - 1) <> 0))
  then
    note := 'The rule names several times; one of them cannot be moved alone.';
    return;
  end if;
  for i in 1 .. 6 loop
    if i = any (v_changed) then
      v_fields[i] :=
        almanac_private.mask_text(v_masks[i] & ~(1::bigint << v_was[i]) | (1::bigint << v_to[i]));
    end if;
  end loop;
  expression := array_to_string(case when v_fields[1] = '0' then v_fields[2:] else v_fields end, ' ');
end
$$;
comment on function almanac_private.moved_cron(text, timestamp, timestamp) is
  'The cron text that names a local time in place of another, and otherwise the same, or a note why there is none.';
grant execute on function almanac_private.moved_cron(text, timestamp, timestamp) to almanac_viewer;
