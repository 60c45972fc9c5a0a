/** Tasks of a group, each with those that it needs, which a schedule runs in their order. */
export const STEPS: Readonly<Record<string, readonly string[]>> = {
  extract: [],
  load: ['extract'],
  match: ['extract'],
  report: ['load', 'match'],
  clean: ['report'],
  apart: [],
}
export const GROUP = 'havoc'

/** Registers them, before any worker has said what they are. */
export const REGISTER = `
  select almanac.register_task(t.key, task_group => '${GROUP}', depends_on => array(select json_array_elements_text(t.value)))
  from json_each($1::json) with ordinality t(key, value, nth) order by t.nth`

/** A run of the group every two seconds, until the end. */
export const RUN_ALL = `
  insert into almanac.schedules
    (name, kind, every, starts_at, ends_at, target, task_group, overlap_policy, missed_run_policy, max_attempts, retry_delay)
  select 'steps', 'interval', '2 seconds', s.at, s.at + $1 * interval '1 second', 'group', '${GROUP}', 'allow', 'run_all', 100, '0'
  from (select date_trunc('second', clock_timestamp()) + interval '1 second' as at) s`

/** Steps that began before one that they need had succeeded. */
export const OUT_OF_ORDER = `
  select count(*) from almanac.runs s
  join almanac.tasks t on t.identifier = s.task_identifier
  join almanac.runs n on n.parent_id = s.parent_id and n.task_identifier = any (t.depends_on)
  where s.started_at is not null and (n.status <> 'succeeded' or n.finished_at > s.started_at)`

/** Parents that began and do not have each step once, or that ended before a step, or otherwise than their steps. */
export const FALSE_PARENTS = `
  select count(*) from almanac.runs p
  cross join lateral (
    select count(*) as steps, count(distinct c.task_identifier) as tasks, max(c.finished_at) as last_at,
      bool_and(c.finished_at is not null) as are_over, bool_and(c.status = 'succeeded') as have_succeeded
    from almanac.runs c where c.parent_id = p.id) c
  where p.children is not null and p.started_at is not null
    and not (c.steps = ${Object.keys(STEPS).length} and c.tasks = c.steps and c.are_over and c.last_at <= p.finished_at
      and c.have_succeeded = (p.status = 'succeeded'))`
