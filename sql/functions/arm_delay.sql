create or replace function almanac_private.arm_delay() returns interval
language sql stable parallel safe
return (select make_interval(secs => (s.value #>> '{}')::float8 / 1000) from almanac_private.settings s where s.key = 'arm_delay_ms');
comment on function almanac_private.arm_delay() is
  'How long after its due time a schedule''s job wakes it, if no ticker did: armed for the very instant, hundreds of wakes would crowd the runs out.';
