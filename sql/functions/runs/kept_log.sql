create or replace function almanac_private.kept_log(out lines integer, out bytes integer)
language sql immutable parallel safe
return row(5000, 500000);
comment on function almanac_private.kept_log() is
  'How many lines and bytes are kept of the beginning of what a run logs, and as many of its end. Workers ask for it, '
  'so that they keep no more until it is written.';
grant execute on function almanac_private.kept_log() to almanac_worker;
