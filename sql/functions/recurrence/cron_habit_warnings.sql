create or replace function almanac_private.cron_habit_warnings(cron text) returns jsonb
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_warnings jsonb := '[]';
  v_words text[] :=
    array_remove(
    string_to_array(translate(almanac_private.upper_ascii(cron_habit_warnings.cron), E'\t\r\n', '   '), ' '), '');
  v_titles constant text[] := array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'];
  v_units constant text[] := array['second', 'minute', 'hour', 'day', 'month', 'day'];
  v_begins constant text[] := array['minute', 'hour', 'day', 'month', 'year', 'week'];
  v_spans constant integer[] := array[60, 60, 24, 31, 12, 7];
  v_parts text[];
  v_first integer;
  v_step integer;
  v_most integer;
  v_gap integer;
begin
  if cardinality(v_words) = 5 then
    v_words := array_prepend('0', v_words);
  elsif cardinality(v_words) <> 6 then
    return v_warnings;
  end if;

  if (v_words[4] = '?' or v_words[6] = '?') and v_words[6] ~ '(^|[,-])[1-7](?!\d)' and v_words[6] !~ '(^|[,-])0' then
    v_warnings := v_warnings || jsonb_build_object('code', 'day_numbers', 'message',
      format('Here %s is %s. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is %s. Names '
        'are the same everywhere.', v_words[6],
        almanac_private.cron_day_names(v_words[6], 0), almanac_private.cron_day_names(v_words[6], 1)));
  end if;

  for v_field in 1 .. 6 loop
    v_parts := regexp_match(v_words[v_field], '^([*]|\d+|[A-Z]{3})/(\d+)$');
    -- Within one hour, one day, … a step never begins again.
    continue when v_parts is null or v_field < 4 and v_words[v_field + 1] ~ '^\d+$' or v_field = 4
      and v_words[5] ~ '^(\d+|[A-Z]{3})$';
    v_first := case when v_parts[1] = '*' then case when v_field in (4, 5) then 1 else 0 end
      else almanac_private.cron_value(v_parts[1], v_field) end;
    v_step := v_parts[2]::integer;
    v_most := case when v_field in (4, 5) then v_spans[v_field] else v_spans[v_field] - 1 end;
    -- From the last value to the first of the next round. The last Sunday, 7, is the first, 0.
    v_gap := v_first + v_spans[v_field] - (v_first + (v_most - v_first) / v_step * v_step);
    if v_field = 6 and v_first + (v_most + 1 - v_first) / v_step * v_step = 7 and v_first > 0 then
      v_gap := v_first;
    end if;
    continue when v_gap = v_step or v_step = 1;
    v_warnings := v_warnings || jsonb_build_object('code', 'uneven_step', 'message',
      format('%s of the %s starts over with every %s: %s%s', v_words[v_field], v_titles[v_field], v_begins[v_field],
        case when v_field = 4 then 'the gap between months differs.'
          else format('its last gap is %s instead of %s %ss.', v_gap, v_step, v_units[v_field]) end,
        case when not exists (
          select from unnest(v_words) with ordinality x(w, n) where n < case v_field when 6 then 4 else v_field end
            and w !~ '^\d+$'
            or n > case v_field when 6 then 3 else v_field end and n <> v_field and w not in ('*', '?'))
        then format(' For every %s %ss use an interval.', v_step, v_units[v_field]) else '' end));
  end loop;
  return v_warnings;
end
$$;
comment on function almanac_private.cron_habit_warnings(text) is
  'Warnings of a valid cron text that other programs read differently, or that people often misread: '
  'steps that do not fit their field, Quartz'' numbers of days.';
grant execute on function almanac_private.cron_habit_warnings(text) to almanac_viewer;
