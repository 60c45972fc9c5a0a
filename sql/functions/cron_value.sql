create or replace function almanac_private.cron_value(word text, field integer) returns integer
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_digits text;
begin
  if cron_value.word ~ '^[0-9]+$' then
    v_digits := ltrim(cron_value.word, '0');
    return case when v_digits = '' then 0 when length(v_digits) > 4 then 9999 else v_digits::integer end;
  end if;
  return case cron_value.field
    when 5 then array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], cron_value.word)
    when 6 then array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], cron_value.word) - 1
  end;
end
$$;
comment on function almanac_private.cron_value(text, integer) is
  'The number a word of a cron field stands for; of a number too long to be any, 9999; null: not a name of this field.';
grant execute on function almanac_private.cron_value(text, integer) to almanac_viewer;
