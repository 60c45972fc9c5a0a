-- Called by the leader's heartbeat and by migrate, with the owner's rights.
--
-- A role's identity is its key, its oid on this server. Its name is stored next to it, as whatever groups, limits and
-- indexes by role goes by the name. PostgreSQL tells no one that a role was renamed, so the names as they were last
-- seen are kept, and compared every few seconds with what they are.
--
-- A schedule and its runs that have not ended change together, as open_sql_login tells by their names whether a run has
-- its schedule's role. What someone else holds locked is left for the next time, and so is a schedule with live runs
-- while another role has the old name, which some of these runs may mean.
create or replace function almanac_private.follow_renames() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_here constant text := almanac_private.server_key();
  v_role record;
  v_ids bigint[];
  v_engine text;
  v_fired almanac_private.fired[];
begin
  if v_here = '' then
    return; -- of another server, or of this one: an oid alone does not tell
  end if;
  for v_role in
    select n.role_key as key, n.role_name::text as was, r.rolname::text as name,
      exists (select from pg_roles o where o.rolname = n.role_name) as is_taken
    from almanac_private.role_names n join pg_roles r on r.oid = split_part(n.role_key, ':', 2)::oid
    where split_part(n.role_key, ':', 1) = v_here and r.rolname <> n.role_name
    order by n.role_key
  loop
    v_engine := almanac_private.enter_engine();
    v_ids := array(
      select s.id from almanac.schedules s where s.run_as_key = v_role.key and s.run_as <> v_role.name
      order by s.id for no key update skip locked);
    if not v_role.is_taken then
      with free as (
        select r.id, r.scheduled_for from almanac_private.live_runs l
        join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
        where l.schedule_id = any (v_ids) and almanac_private.role_of_account(l.account) = v_role.was
        order by r.scheduled_for, r.id for no key update of r skip locked
      ), renamed as (
        update almanac.runs r set run_as = v_role.name from free f
        where r.id = f.id and r.scheduled_for = f.scheduled_for
        returning r.id, r.schedule_id, almanac_private.account(r.run_as, r.owner_user) as account
      )
      update almanac_private.live_runs l set account = n.account from renamed n
      where l.schedule_id = n.schedule_id and l.run_id = n.id;
    end if;
    update almanac.schedules s set run_as = v_role.name
    where s.id = any (v_ids) and not exists (
      select from almanac_private.live_runs l where l.schedule_id = s.id
        and almanac_private.role_of_account(l.account) = v_role.was);
    update almanac.exclusion_calendars c set owned_by = v_role.name
    where c.owned_by_key = v_role.key and c.owned_by <> v_role.name;
    update almanac.workflows w set owned_by = v_role.name
    where w.owned_by_key = v_role.key and w.owned_by <> v_role.name;
    perform almanac_private.leave_engine(v_engine);

    if not v_role.is_taken then
      -- What its limits count, and the limits that are its own.
      with gone as (
        delete from almanac_private.fired f where f.account = v_role.was returning f
      ) select array_agg(g.f) into v_fired from gone g;
      insert into almanac_private.fired as f (account, minute, backend, runs, bytes)
      select v_role.name, o.minute, o.backend, o.runs, o.bytes from unnest(v_fired) o
      on conflict (account, minute, backend) do update
      set runs = f.runs + excluded.runs, bytes = f.bytes + excluded.bytes;
      update almanac_private.limits_met m set account = v_role.name where m.account = v_role.was;
      delete from almanac_private.unfinished_counts c where c.account in (v_role.was, v_role.name);
      update almanac_private.uses u set who = 'role ' || v_role.name
      where u.who = 'role ' || v_role.was and not exists (
        select from almanac_private.uses o
        where (o.who, o.kind, o.used_at, o.backend) = ('role ' || v_role.name, u.kind, u.used_at, u.backend));
      update almanac_private.settings s set key = split_part(s.key, ':', 1) || ':' || v_role.name
      where substr(s.key, strpos(s.key, ':') + 1) = v_role.was and s.key like '%:%' and not exists (
        select from almanac_private.settings o where o.key = split_part(s.key, ':', 1) || ':' || v_role.name);
    end if;
    update almanac_private.logins l set role_name = v_role.name
    where l.role_key = v_role.key and l.role_name = v_role.was;
    update almanac_private.role_names n set role_name = v_role.name
    where n.role_key = v_role.key and not exists (
      select from almanac.schedules s where s.run_as_key = v_role.key and s.run_as <> v_role.name);
  end loop;
  delete from almanac_private.role_names n
  where split_part(n.role_key, ':', 1) <> v_here
    or not exists (select from pg_roles r where r.oid = split_part(n.role_key, ':', 2)::oid);
  insert into almanac_private.role_names (role_key, role_name)
  select v_here || ':' || r.oid, r.rolname from pg_roles r
  where not exists (select from almanac_private.role_names n where n.role_key = v_here || ':' || r.oid)
  on conflict (role_key) do nothing;
end
$$;
comment on function almanac_private.follow_renames() is
  'Writes the new names of roles that were renamed wherever their names are stored next to their keys: schedules, '
  'runs that have not ended, calendars, workflows, logins, what limits count, and the settings of a role. History '
  'keeps the old ones.';
