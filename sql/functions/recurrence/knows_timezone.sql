create or replace function almanac_private.knows_timezone(timezone text) returns boolean
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  perform statement_timestamp() at time zone knows_timezone.timezone;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function almanac_private.knows_timezone(text) is
  'Whether the server can compute with a time zone: an upgrade of its time zone data, or another server, may lack a '
  'name that a schedule has.';
grant execute on function almanac_private.knows_timezone(text) to almanac_viewer;
