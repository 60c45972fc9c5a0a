-- Definer: the settings are the owner's to read.
create or replace function almanac_private.tasks_of(target almanac.schedule_target, task_group text) returns text[]
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  with recursive ours as materialized (
    select t.identifier, t.depends_on, t.lacking_since from almanac_private.known_tasks t
    where not t.is_builtin and case tasks_of.target when 'all' then true when 'group' then t.task_group
      = tasks_of.task_group end
  ), parts as (
    select o.identifier from ours o
    where o.lacking_since is null or o.lacking_since > statement_timestamp() - (
      select make_interval(mins => (s.value #>> '{}')::integer) from almanac_private.settings s
      where s.key = 'lacking_task_minutes')
    union
    select n.identifier from parts p join ours o on o.identifier = p.identifier
    cross join unnest(o.depends_on) d(task) join ours n on n.identifier = d.task
  )
  select coalesce(array_agg(p.identifier order by p.identifier), '{}') from parts p
$$;
comment on function almanac_private.tasks_of(almanac.schedule_target, text) is
  'The tasks that a schedule of this target runs, none of them built in. One that no worker has had for an hour '
  '(lacking_task_minutes) is none of them, unless another needs it: it has gone from the code.';
grant execute on function almanac_private.tasks_of(almanac.schedule_target, text) to almanac_viewer;
