create or replace function almanac_private.cron_value(word text, field integer) returns integer
language sql immutable parallel safe
return case
  when word ~ '^[0-9]+$'
    then case when length(ltrim(word, '0')) > 4 then 9999 else ('0' || ltrim(word, '0'))::integer end
  when field = 5
    then array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], word)
  when field = 6 then array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], word) - 1
end;
comment on function almanac_private.cron_value(text, integer) is
  'The number a word of a cron field stands for; of a number too long to be any, 9999; null: not a name of this '
  'field. A plain expression, so that callers inline it.';
grant execute on function almanac_private.cron_value(text, integer) to almanac_viewer;
