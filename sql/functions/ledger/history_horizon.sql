-- Definer: settings are the owner's.
create or replace function almanac_private.history_horizon() returns timestamptz
language plpgsql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return coalesce((select (s.value #>> '{}')::timestamptz from almanac_private.settings s
    where s.key = 'history_horizon'), '-infinity');
end
$$;
comment on function almanac_private.history_horizon() is
  'Up to when history was deleted by purge(); nothing before it is checked.';
grant execute on function almanac_private.history_horizon() to almanac_viewer;
