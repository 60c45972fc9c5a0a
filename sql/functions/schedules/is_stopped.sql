create or replace function almanac_private.is_stopped() returns boolean
language sql stable parallel safe
return exists (select from almanac.stops s where s.resumed_at is null);
comment on function almanac_private.is_stopped() is 'Whether a global pause, by pause_all(), is on now.';
