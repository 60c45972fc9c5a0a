create or replace function almanac_private.check_may_run_sql() returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac.current_user_id() is not null and not pg_has_role(almanac_private.caller(), 'almanac_admin', 'member') then
    raise exception using errcode = 'AL011', column = 'task_identifier',
      message = 'Only an admin may have a statement run over the API.',
      detail = format('Signed in as %s.', almanac_private.actor()),
      hint = 'Ask an admin, or create the schedule over your own database connection.';
  end if;
end
$$;
comment on function almanac_private.check_may_run_sql() is
  'Raises AL011 for a signed-in user who is not an admin: statements of all operators of the web client run as one '
  'role, whose rights are not each user''s.';
grant execute on function almanac_private.check_may_run_sql() to almanac_viewer;
