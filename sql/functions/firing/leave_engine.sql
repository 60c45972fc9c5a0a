create or replace function almanac_private.leave_engine(was text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.engine', leave_engine.was, true);
end
$$;
comment on function almanac_private.leave_engine(text) is
  'Puts the setting almanac.engine back to what enter_engine found.';
