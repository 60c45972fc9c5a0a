create or replace function almanac_private.bind_roles() returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_here text := split_part(almanac_private.role_key(current_user), ':', 1);
  v_schedules integer;
  v_calendars integer;
  v_workflows integer;
  v_engine text;
begin
  perform almanac_private.follow_renames();
  v_engine := almanac_private.enter_engine();
  with bound as (
    select s.id, k.run_as_key, coalesce(almanac_private.role_of_key(k.run_as_key), s.run_as) as run_as
    from almanac.schedules s
    cross join lateral (select case
      when split_part(s.run_as_key, ':', 1) = v_here
        and s.run_as not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then s.run_as_key
      else almanac_private.role_key(s.run_as) end as run_as_key) k
  )
  update almanac.schedules s set run_as = b.run_as, run_as_key = b.run_as_key from bound b
  where b.id = s.id and (s.run_as, s.run_as_key) is distinct from (b.run_as, b.run_as_key);
  get diagnostics v_schedules = row_count;
  with bound as (
    select c.id, k.owned_by_key, coalesce(almanac_private.role_of_key(k.owned_by_key), c.owned_by) as owned_by
    from almanac.exclusion_calendars c
    cross join lateral (select case
      when split_part(c.owned_by_key, ':', 1) = v_here
        and c.owned_by not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then c.owned_by_key
      else almanac_private.role_key(c.owned_by) end as owned_by_key) k
  )
  update almanac.exclusion_calendars c set owned_by = b.owned_by, owned_by_key = b.owned_by_key from bound b
  where b.id = c.id and (c.owned_by, c.owned_by_key) is distinct from (b.owned_by, b.owned_by_key);
  get diagnostics v_calendars = row_count;
  with bound as (
    select w.id, k.owned_by_key, coalesce(almanac_private.role_of_key(k.owned_by_key), w.owned_by) as owned_by
    from almanac.workflows w
    cross join lateral (select case
      when split_part(w.owned_by_key, ':', 1) = v_here
        and w.owned_by not in ('almanac_viewer', 'almanac_operator', 'almanac_admin') then w.owned_by_key
      else almanac_private.role_key(w.owned_by) end as owned_by_key) k
  )
  update almanac.workflows w set owned_by = b.owned_by, owned_by_key = b.owned_by_key from bound b
  where b.id = w.id and (w.owned_by, w.owned_by_key) is distinct from (b.owned_by, b.owned_by_key);
  get diagnostics v_workflows = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_schedules + v_calendars + v_workflows;
end
$$;
comment on function almanac_private.bind_roles() is
  'Follows renamed roles, and looks up by name the roles of schedules, calendars and workflows that came from '
  'another server, and Almanac''s own. Returns how many rows changed. For migrations: only the owner may call it.';
