create or replace function almanac_private.local_instant(local timestamp, timezone text) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  -- of a repeated time the second instant, of a skipped one the right one
  v_later timestamptz := local at time zone timezone;
  v_before timestamptz;
  v_earlier timestamptz;
begin
  if not isfinite(v_later) then
    return v_later;
  end if;
  v_before := v_later - interval '25 hours';
  v_earlier := (local at time zone 'UTC') - ((v_before at time zone timezone) - (v_before at time zone 'UTC'));
  if v_earlier at time zone timezone = local then
    return v_earlier;
  end if;
  return v_later;
end
$$;
comment on function almanac_private.local_instant(timestamp, text) is
  'As almanac.local_time, for a zone that is known to be valid.';
grant execute on function almanac_private.local_instant(timestamp, text) to almanac_viewer;
