-- Definer: an owner's role is said to anyone who sees the schedule, though they may not see all users.
create or replace function almanac_private.role_problem(
  task text, run_as text, owner_user bigint default null
) returns text
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case
    when not exists (select from pg_roles r where r.rolname = n.role)
      then format('The task %s needs the role %s, which does not exist.', role_problem.task, n.role)
    when not exists (select from pg_roles r where r.rolname = role_problem.run_as
        and pg_has_role(r.oid, (select q.oid from pg_roles q where q.rolname = n.role), 'member'))
      then format('The task %s needs the role %s, and %s is not a member of it.', role_problem.task, n.role,
        role_problem.run_as)
    else (
      select format('The task %s needs the role %s, and its owner %s, who is %s, is not a member of it.',
        role_problem.task, n.role, u.username, u.role)
      from almanac.users u
      where u.id = role_problem.owner_user
        and not pg_has_role(('almanac_' || u.role)::name, n.role, 'member'))
  end
  from (
    select coalesce(t.required_role, t.declared_role)::name as role from almanac_private.known_tasks t
    where t.identifier = role_problem.task and coalesce(t.required_role, t.declared_role) is not null
  ) n;
end;
comment on function almanac_private.role_problem(text, text, bigint) is
  'Why a role, and the user on whose behalf it acts, may not use a task; null: it names no role, or they have it.';
grant execute on function almanac_private.role_problem(text, text, bigint) to almanac_viewer;
