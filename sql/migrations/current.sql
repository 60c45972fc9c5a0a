-- The next migration, in the making.

do $$
begin
  if to_regtype('almanac_private.payload_error') is null then
    create type almanac_private.payload_error as (path text, found jsonb, wanted text);
  end if;
end
$$;
comment on type almanac_private.payload_error is
  'A place of a payload, by JSON Pointer, that its schema refuses: what is there (null: nothing), and what is wanted.';
alter table almanac_private.known_tasks
  add column if not exists checked_schema jsonb,
  add column if not exists schema_problems text[] not null default '{}';
comment on column almanac_private.known_tasks.checked_schema is
  'What is checked of payload_schema, as almanac_private.compile_schema makes it.';
comment on column almanac_private.known_tasks.schema_problems is 'What of payload_schema is not checked, and why.';
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout,
  t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at,
  t.created_at, t.lacking_since, t.lacking_seen_at, t.schema_problems
from almanac_private.known_tasks t;
comment on column almanac.tasks.payload_schema is
  'JSON Schema (draft 2020-12) that payloads are checked by when they are written; null: any object.';
comment on column almanac.tasks.schema_problems is
  'What of payload_schema is not checked, each with its place: what it refuses passes. docs/payloads.md';
--!include functions/payloads/regex_of.sql
--!include functions/payloads/pointer_step.sql
--!include functions/payloads/pointer_steps.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/read_schema.sql
--!include functions/payloads/is_ipv6.sql
--!include functions/payloads/is_of_format.sql
--!include functions/payloads/value_errors.sql
--!include functions/payloads/schema_parts.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/error_text.sql
--!include functions/payloads/task_errors.sql
--!include functions/payloads/payload_errors.sql
--!include functions/payloads/tg_read_schema.sql
drop function if exists almanac_private.check_payload(jsonb);
--!include functions/payloads/check_payload_fits.sql
--!include functions/payloads/check_payload.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/schedules/prepare_schedule.sql
drop function if exists almanac_private.check_task_use(text, jsonb, boolean);
--!include functions/access/check_task_use.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/runs/trigger_now.sql
--!include functions/planning/preview.sql
--!include functions/planning/preview_change.sql
--!include functions/workers/register_task.sql
drop function if exists almanac_private.announce_tasks(jsonb, text[]);
--!include functions/workers/announce_tasks.sql
create or replace trigger _600_read_schema before insert or update of payload_schema on almanac_private.known_tasks
  for each row execute function almanac_private.tg_read_schema();
create or replace trigger _400_check_sizes
  before insert or update of task_identifier, payload, description, pause_reason, cron_expression, calendars
  on almanac.schedules
  for each row execute function almanac_private.tg_check_sizes();
select set_config('almanac.system', 'on', true);
update almanac_private.known_tasks set payload_schema = '{"type": "object", "required": ["statement"], "properties":
  {"statement": {"type": "string", "title": "Statement", "pattern": "\\S", "contentMediaType": "application/sql"}},
  "additionalProperties": false, "examples": [{"statement": "refresh materialized view sales"}]}' where identifier = 'almanac:sql';
select set_config('almanac.system', '', true);
