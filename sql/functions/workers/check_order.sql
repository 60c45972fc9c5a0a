-- Definer: takes the turn, so that of two that register at one moment the second sees what the first has written. It
-- comes before any task is locked. An order that is stored already, as of nearly all that workers announce each
-- minute, is not looked at.
--
-- registration: what comes with it, {"task": [tasks that it depends on]}, in place of what is stored of these; null: a
-- worker of an older release, which does not say, so that unknown tasks are not refused.
create or replace function almanac_private.check_order(
  identifier text, depends_on text[], registration jsonb
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_given constant jsonb := coalesce(check_order.registration, '{}');
  v_came jsonb := '{}';
  v_front text[] := check_order.depends_on;
  v_found jsonb;
  v_unknown text;
  v_path text[];
begin
  if coalesce(check_order.depends_on, '{}') = '{}' or exists (
    select from almanac_private.known_tasks t
    where t.identifier = check_order.identifier and t.depends_on = check_order.depends_on) then
    return;
  end if;
  perform almanac_private.take_turn('order of tasks');
  v_unknown := (
    select d.task from unnest(check_order.depends_on) with ordinality d(task, nth)
    where check_order.registration is not null and not v_given ? d.task and d.task <> check_order.identifier
      and not exists (select from almanac_private.known_tasks t where t.identifier = d.task)
    order by d.nth limit 1);
  if v_unknown is not null then
    raise exception using errcode = 'AL035', column = 'depends_on',
      message = format('The task %s depends on %s, which is not known.', check_order.identifier,
        quote_literal(v_unknown)),
      detail = 'Neither a worker nor an admin has announced it.',
      hint = concat('Start a worker that has it, or correct the name.', almanac_private.perhaps(v_unknown, array(
        select t.identifier from almanac_private.known_tasks t order by t.is_builtin, t.identifier limit 1000)));
  end if;
  -- From need to need, nearest first; each is reached once.
  v_found := (select jsonb_object_agg(f.task, check_order.identifier) from unnest(v_front) f(task));
  while v_found is not null and not v_came ? check_order.identifier loop
    v_came := v_came || v_found;
    select jsonb_object_agg(n.need, n.task) into v_found
    from (
      select d.need, min(k.task) as task
      from jsonb_object_keys(v_found) k(task)
      left join almanac_private.known_tasks t on t.identifier = k.task
      cross join lateral (
        select g.need from jsonb_array_elements_text(v_given -> k.task) g(need)
        union all
        select s.need from unnest(t.depends_on) s(need) where not v_given ? k.task) d
      where k.task <> check_order.identifier
      group by d.need) n
    where not v_came ? n.need;
  end loop;
  if v_came ? check_order.identifier then
    v_path := array[check_order.identifier];
    loop
      v_path := (v_came ->> v_path[1]) || v_path;
      exit when v_path[1] = check_order.identifier;
    end loop;
    raise exception using errcode = 'AL035', column = 'depends_on',
      message = case when cardinality(v_path) = 2
        then format('The task %s depends on itself.', check_order.identifier)
        else format('The tasks depend on each other: %s.', array_to_string(v_path, ' → ')) end,
      detail = format('depends_on of %s: %s.', check_order.identifier, array_to_string(check_order.depends_on, ', ')),
      hint = 'Each can only run after those that it depends on. Remove one of these dependencies.';
  end if;
end
$$;
comment on function almanac_private.check_order(text, text[], jsonb) is
  'Raises AL035 for dependencies of a task that are unknown, or lead back to it: a → b: a depends on b.';
grant execute on function almanac_private.check_order(text, text[], jsonb) to almanac_admin;
