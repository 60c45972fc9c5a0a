-- The next migration, in the making.
drop function if exists almanac_private.check_name(text);
drop function if exists almanac_private.refuse_size(text, integer, integer);
drop function if exists almanac_private.check_name_is_free(text, bigint);
drop function if exists almanac.restore(text);
--!include functions/schedules/without_direction.sql
--!include functions/schedules/check_text.sql
--!include functions/schedules/check_visible.sql
--!include functions/schedules/check_name.sql
--!include functions/schedules/check_tags.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/access/check_saved_views.sql
--!include functions/access/tg_check_user.sql
--!include functions/calendars/tg_compute_calendar.sql
--!include functions/calendars/import_exclusions.sql
--!include functions/workers/announce_tasks.sql
--!include functions/workers/check_task_is_known.sql
--!include functions/payloads/compile_schema.sql
--!include functions/payloads/value_errors.sql
--!include functions/payloads/schema_parts.sql
--!include functions/payloads/schema_errors.sql
--!include functions/payloads/task_errors.sql
--!include functions/payloads/check_payload_size.sql
--!include functions/payloads/check_payload.sql
--!include functions/payloads/payload_errors.sql
--!include functions/schedules/check_definition_size.sql
--!include functions/schedules/read_definition.sql
--!include functions/schedules/upsert_schedule.sql
--!include functions/schedules/check_definition.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/next_free_name.sql
--!include functions/schedules/check_name_is_free.sql
--!include functions/schedules/restore.sql
--!include functions/schedules/split_schedule.sql

create table if not exists almanac_private.outdated_checks (
  schedule_id bigint not null,
  task_identifier text not null,
  changed_at timestamptz not null,
  problem text,
  constraint outdated_checks_pkey primary key (schedule_id),
  constraint outdated_check_task_is_short check (length(task_identifier) <= 128),
  constraint outdated_check_problem_is_short check (length(problem) <= 20000)
);
alter table almanac_private.outdated_checks enable row level security;
comment on table almanac_private.outdated_checks is
  'Schedules whose payload was last checked by an earlier schema of their task: the next run that begins checks it. '
  'Nearly always empty.';
comment on column almanac_private.outdated_checks.schedule_id is 'The schedule.';
comment on column almanac_private.outdated_checks.task_identifier is 'Its task.';
comment on column almanac_private.outdated_checks.changed_at is 'When the schema of the task changed.';
comment on column almanac_private.outdated_checks.problem is
  'Why its payload does not fit the new schema; null: that was not looked at yet.';

--!include functions/payloads/payload_problem.sql
--!include functions/payloads/note_payload_check.sql
--!include functions/payloads/tg_note_schema.sql
--!include functions/runs/end_misfits.sql
drop function if exists almanac_private.postpone_runs(timestamptz, bigint[], timestamptz[], bigint[], text[]);
--!include functions/runs/postpone_runs.sql
--!include functions/runs/begin_runs.sql
--!include functions/schedules/tg_arm_schedules.sql

drop trigger if exists _700_note_schema on almanac_private.known_tasks;
create trigger _700_note_schema after update of payload_schema on almanac_private.known_tasks
  for each row when (new.payload_schema is distinct from old.payload_schema)
  execute function almanac_private.tg_note_schema();

select set_config('almanac.system', 'on', true);
insert into almanac_private.known_tasks (identifier, label, description, payload_schema, is_builtin) values
  ('almanac:http', 'HTTP request', 'Sends a request to a URL and keeps the answer as the result.',
   '{"type": "object", "required": ["url"], "properties": {'
   '"url": {"type": "string", "title": "URL", "pattern": "^(https?://|\\{\\{)", "maxLength": 2000}, '
   '"method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "title": "Method", '
   '"description": "POST where there is a body, else GET."}, '
   '"headers": {"type": "object", "title": "Headers", "maxProperties": 50, '
   '"propertyNames": {"pattern": "^[A-Za-z0-9!#$%&''*+.^_`|~-]+$", "maxLength": 100}, '
   '"additionalProperties": {"type": "string", "maxLength": 8000}}, '
   '"body": {"title": "Body", "description": "Text is sent as it is; anything else as JSON."}, '
   '"sign_with": {"type": "string", "title": "Sign with", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": 100, '
   '"description": "Name of the secret that signs the body."}, '
   '"expect_status": {"type": "array", "title": "Expected status", "minItems": 1, "maxItems": 20, '
   '"items": {"type": "integer", "minimum": 100, "maximum": 599}, "description": "Default: 200 to 299."}, '
   '"max_redirects": {"type": "integer", "title": "Redirects followed", "minimum": 0, "maximum": 5, "default": 0}, '
   '"timeout_seconds": {"type": "number", "title": "Timeout in seconds", "exclusiveMinimum": 0, "maximum": 3600, '
   '"default": 30}}, "additionalProperties": false, '
   '"examples": [{"url": "https://hooks.example.com/nightly", "method": "POST", "body": {"run": "{{run.id}}"}, '
   '"headers": {"authorization": "Bearer {{secret:HOOK_TOKEN}}"}}]}', true)
on conflict (identifier) do update
set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, is_builtin = true;
select set_config('almanac.system', '', true);

-- Filters of the calendar: by creator, and by a text in the name.
drop function if exists almanac.busy_hours(text, integer, boolean);
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[]);
--!include functions/planning/calendar.sql
--!include functions/planning/busy_hours.sql

--!include functions/runs/runs_without_room.sql
--!include functions/runs/holders_of_slots.sql
--!include functions/runs/runs_blocked_because.sql
