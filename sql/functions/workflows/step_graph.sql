-- Called when such a schedule is fired, so that a run keeps the order that was declared then: 20 tasks take some 4 ms.
--
-- What a task needs outside of the group is not run, but what that needs is looked at in its place: where a needs x and
-- x needs b, a group of a and b runs b first. A task that needs an unknown one, or one that needs it in turn, comes
-- last; start_steps finds such a need unmet, and skips it.
create or replace function almanac_private.step_graph(target almanac.schedule_target, task_group text) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_tasks text[] := almanac_private.tasks_of(step_graph.target, step_graph.task_group);
  v_left text[] := v_tasks;
  v_next text[];
  v_placed text[] := '{}';
  v_needs jsonb;
begin
  with recursive reach as (
    select t.identifier as task, d.task as need
    from almanac_private.known_tasks t cross join unnest(t.depends_on) d(task) where t.identifier = any (v_tasks)
    union
    select r.task, d.task from reach r join almanac_private.known_tasks t on t.identifier = r.need
    cross join unnest(t.depends_on) d(task)
    where t.identifier <> all (v_tasks)
  )
  select coalesce(jsonb_object_agg(n.task, n.needs), '{}') into v_needs
  from (
    select r.task, jsonb_agg(r.need order by r.need) as needs from reach r
    where r.need = any (v_tasks)
      or not exists (select from almanac_private.known_tasks t where t.identifier = r.need)
    group by r.task) n;
  loop
    v_next := array(
      select l.task from unnest(v_left) l(task)
      where not exists (
        select from jsonb_array_elements_text(v_needs -> l.task) n(task) where n.task <> all (v_placed))
      order by l.task);
    exit when v_next = '{}';
    v_placed := v_placed || v_next;
    v_left := array(select l.task from unnest(v_left) l(task) where l.task <> all (v_next));
  end loop;
  return coalesce((
    select jsonb_agg(jsonb_build_object('task', p.task, 'needs', coalesce(v_needs -> p.task, '[]')) order by p.nth)
    from unnest(v_placed || v_left) with ordinality p(task, nth)), '[]');
end
$$;
comment on function almanac_private.step_graph(almanac.schedule_target, text) is
  'The tasks of a group, or all tasks, in an order in which each comes after what it needs: [{"task", "needs"}].';
grant execute on function almanac_private.step_graph(almanac.schedule_target, text) to almanac_viewer;
