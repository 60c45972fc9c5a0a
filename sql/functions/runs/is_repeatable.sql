create or replace function almanac_private.is_repeatable(status almanac.run_status) returns boolean
language sql immutable parallel safe
return status in ('failed', 'timed_out', 'cancelled');
comment on function almanac_private.is_repeatable(almanac.run_status) is
  'Whether a run in this state may be repeated, as far as that depends on its state.';
grant execute on function almanac_private.is_repeatable(almanac.run_status) to almanac_viewer;
