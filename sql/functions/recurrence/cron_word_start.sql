create or replace function almanac_private.cron_word_start(cron text, number integer) returns integer
language sql immutable strict parallel safe
return length(substring(cron from format('^[ \t\r\n]*(?:[^ \t\r\n]+[ \t\r\n]+){%s}', number - 1)));
comment on function almanac_private.cron_word_start(text, integer) is
  'How many characters of a cron text are before its first, second, … word.';
grant execute on function almanac_private.cron_word_start(text, integer) to almanac_viewer;
