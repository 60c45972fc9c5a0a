create or replace function almanac.local_time(local timestamp, timezone text) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if local_time.local is null or local_time.timezone is null then
    return null;
  end if;
  perform almanac_private.check_timezone(local_time.timezone);
  return almanac_private.local_instant(local_time.local, local_time.timezone);
end
$$;
comment on function almanac.local_time(timestamp, text) is
  'The instant at which a clock in the zone shows a time: the first of two; where the clock skips it, later by as '
  'much as it skips.';
grant execute on function almanac.local_time(timestamp, text) to almanac_viewer;
