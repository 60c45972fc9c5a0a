-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.sql_logins_changed(
  since timestamptz, out role_name name, out changed_at timestamptz, out changed_what text
)
returns setof record
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name, l.changed_at, l.changed_what from almanac_private.logins l
  where l.changed_at >= sql_logins_changed.since
    -- Not one that was barred, and is no longer.
    and (l.changed_what is distinct from l.bars or almanac_private.login_bars(l.role_name) is not null)
  order by l.changed_at desc limit 20
$$;
comment on function almanac_private.sql_logins_changed(timestamptz) is
  'Logins of almanac:sql whose password or settings someone changed, and what was undone, and those that '
  'a DBA has barred, as long as they are; the latest first.';
grant execute on function almanac_private.sql_logins_changed(timestamptz) to almanac_viewer;
