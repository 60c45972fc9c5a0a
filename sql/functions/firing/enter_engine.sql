create or replace function almanac_private.enter_engine() returns text
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_was text := coalesce(current_setting('almanac.engine', true), '');
begin
  perform set_config('almanac.engine', 'on', true);
  return v_was;
end
$$;
comment on function almanac_private.enter_engine() is
  'Has the triggers for people''s writes pass by what the engine writes, until leave_engine is given what this '
  'returns: the setting as it was.';
