-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(
  tasks jsonb, withdrawn text[] default '{}', registration jsonb default null
) returns text[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_order(a.identifier, almanac_private.kept_needs(a.depends_on),
    announce_tasks.registration)
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, depends_on text[]);
  perform set_config('almanac.registers', 'on', true);
  insert into almanac_private.known_tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout, default_max_attempts,
      default_retry_delay, default_retry_backoff, default_retry_ceiling, declared_role, last_seen_at,
      declared_group, isolation, problem)
  -- Cut rather than refused: one task would keep a worker from telling of all its others.
  select a.identifier, almanac_private.kept_text(almanac_private.without_direction(a.label), 199),
    almanac_private.kept_text(almanac_private.without_direction(a.description), 9999),
    case when length(a.payload_schema::text) > 100000 or almanac_private.nests_too_deeply(a.payload_schema)
      then jsonb_build_object('description',
          'The schema is not stored: the limit is 100,000 characters and 100 levels.')
      else a.payload_schema end,
    almanac_private.kept_text(almanac_private.without_direction(a.task_group), 199),
    almanac_private.kept_needs(a.depends_on),
    a.default_timeout, a.default_max_attempts, a.default_retry_delay, a.default_retry_backoff, a.default_retry_ceiling,
    left(nullif(a.declared_role, ''), 63), clock_timestamp(), left(nullif(a.resource_group, ''), 200),
    case when jsonb_typeof(a.isolation) = 'object' and length(a.isolation::text) <= 500 then a.isolation end,
    almanac_private.kept_text(nullif(a.problem, ''), 1999)
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb,
    task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer, default_retry_delay interval,
    default_retry_backoff numeric, default_retry_ceiling interval, declared_role text, resource_group text,
    isolation jsonb, problem text)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema,
    task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout,
    default_max_attempts = excluded.default_max_attempts, default_retry_delay = excluded.default_retry_delay,
    default_retry_backoff = excluded.default_retry_backoff, default_retry_ceiling = excluded.default_retry_ceiling,
    declared_role = excluded.declared_role, declared_group = excluded.declared_group,
    isolation = excluded.isolation, problem = excluded.problem,
    last_seen_at = excluded.last_seen_at
  where not t.is_builtin and excluded.problem is null;
  -- What it said of itself while it could be loaded stays.
  update almanac_private.known_tasks t
  set problem = almanac_private.kept_text(a.problem, 1999), last_seen_at = clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, problem text)
  where t.identifier = a.identifier and a.problem <> '' and not t.is_builtin;
  perform set_config('almanac.registers', 'off', true);
  return array(
    select format('%s: payload_schema%s', t.identifier, p.problem)
    from almanac_private.known_tasks t, unnest(t.schema_problems) p(problem)
    where t.identifier in (
      select a ->> 'identifier' from jsonb_array_elements(announce_tasks.tasks) a
    ) and not t.is_builtin);
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[], jsonb) is
  'What a worker says of its tasks at its start and every minute: an array of rows of almanac.tasks, whose texts are '
  'cut if they are too long; problem: why the worker could not load the task, of which all else stays. Which worker '
  'has which is in almanac.workers. withdrawn: what workers of an older release say; nothing comes of it. '
  'registration: what each task of that worker depends on, {"task": [tasks]}; AL035 refuses '
  'a task that depends on an unknown one, or on itself. Returns what of their JSON Schemas is not checked.';
grant execute on function almanac_private.announce_tasks(jsonb, text[], jsonb) to almanac_worker;
