create or replace function almanac.signed_in_user() returns almanac.users
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select u.* from almanac.users u where u.id = almanac.current_user_id()
$$;
comment on function almanac.signed_in_user() is
  'The user who is signed in; null: no one, or a database role on its own.';
grant execute on function almanac.signed_in_user() to almanac_viewer;
