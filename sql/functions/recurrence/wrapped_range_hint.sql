create or replace function almanac_private.wrapped_range_hint(
  field integer, first text, last text, low integer, high integer, step text
) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_names constant boolean := first ~ '[A-Z]' and field in (5, 6);
  v_least constant integer := case when field in (4, 5) then 1 else 0 end;
  v_most constant integer := case field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 6 else 59 end;
  v_every constant integer := coalesce(almanac_private.cron_value(nullif(step, ''), 0), 1);
  v_next integer;
  v_suffix constant text := coalesce('/' || nullif(step, ''), '');
begin
  if v_every not between 1 and v_most + 1 then
    return format('The step %s is not between 1 and %s either.', step, v_most + 1);
  end if;
  -- The steps continue where the field starts over.
  v_next := low + (v_most - low + v_every) / v_every * v_every - (v_most - v_least + 1);
  if v_next > high then
    return format('Write one range: %s-%s%s.', first, case when not v_names then v_most::text when field = 6 then 'SAT'
      else 'DEC' end, v_suffix);
  end if;
  return format('Write two ranges: %s-%s%s,%s-%s%s.', first, case when not v_names then v_most::text
    when field = 6 then 'SAT' else 'DEC' end, v_suffix,
    case when not v_names then v_next::text
      when field = 6 then (array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'])[v_next + 1]
      else (array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'])[v_next] end,
    last, v_suffix);
end
$$;
comment on function almanac_private.wrapped_range_hint(integer, text, text, integer, integer, text) is
  'How to write a range that runs past the end of its field, such as 22-6/2: the ranges before and after the end, in '
  'the same steps.';
grant execute on function almanac_private.wrapped_range_hint(integer, text, text, integer, integer, text)
  to almanac_viewer;
