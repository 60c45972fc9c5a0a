create or replace function almanac_private.cron_hint(cron text, parsed almanac_private.parsed_cron) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_said record;
  v_suggested record;
  v_words text[];
  v_place integer;
begin
  if length(cron_hint.cron) > 1024 then
    return (parsed).hint;
  end if;
  v_said := almanac_private.cron_from_words(almanac_private.plain_cron(cron_hint.cron));
  if v_said.cron is not null then
    return format('Write %s%s.', v_said.cron, ', or use an interval of ' || v_said.every);
  elsif v_said.every is not null then
    return format('Use an interval of %s.', v_said.every);
  end if;

  v_suggested := almanac_private.suggested_cron(cron_hint.cron);
  if v_suggested.cron is not null then
    return format('Write %s. %s', v_suggested.cron, coalesce(v_suggested.why, (parsed).hint));
  end if;

  -- A step beyond its field: every 90 minutes.
  v_words := array_remove(string_to_array(translate(cron_hint.cron, E'\t\r\n', '   '), ' '), '');
  v_place := array_position(array['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'],
    (parsed).error_field);
  if cardinality(v_words) = 5 then
    v_words := array_prepend('0', v_words);
  end if;
  if v_words[v_place] ~ '^([*]|\d{1,2})/\d{1,6}$' and split_part(v_words[v_place], '/', 2)::integer > 0
    and not exists (
      select from unnest(v_words) with ordinality x(w, n)
      where n < case v_place when 6 then 4 else v_place end and w !~ '^\d+$' or n > v_place and w not in ('*', '?')
        or v_place = 6 and n in (4, 5) and w not in ('*', '?'))
  then
    return format('Use an interval of %s %ss: a step starts over with every %s.', split_part(v_words[v_place], '/', 2),
      (array['second', 'minute', 'hour', 'day', 'month', 'day'])[v_place],
        (array['minute', 'hour', 'day', 'month', 'year', 'week'])[v_place]);
  end if;
  return (parsed).hint;
end
$$;
comment on function almanac_private.cron_hint(text, almanac_private.parsed_cron) is
  'What to do about a cron text that is not valid: a valid one that may be meant, an interval, or else what its '
  'field takes.';
grant execute on function almanac_private.cron_hint(text, almanac_private.parsed_cron) to almanac_viewer;
