-- The next migration, in the making.
drop function if exists almanac_private.check_name(text);
drop function if exists almanac_private.refuse_size(text, integer, integer);
drop function if exists almanac_private.check_name_is_free(text, bigint);
drop function if exists almanac.restore(text);
alter table almanac_private.uses add column if not exists backend integer;
update almanac_private.uses set backend = -id where backend is null;
alter table almanac_private.uses alter column backend set default pg_backend_pid(), alter column backend set not null;
alter table almanac_private.uses set (fillfactor = 50);
create unique index if not exists uses_by_backend on almanac_private.uses (who, kind, used_at, backend);
drop index if exists almanac_private.uses_by_user;
comment on table almanac_private.uses is
  'What operators wrote and triggered within the last hour, for the limits of users. A row for each minute and backend, '
  'so that no one waits for whoever counts.';
create table if not exists almanac_private.role_names (
  role_key text primary key,
  role_name name not null
);
alter table almanac_private.role_names enable row level security;
comment on table almanac_private.role_names is
  'What each role was called when it was last seen, by which renamed ones are found.';
comment on column almanac_private.role_names.role_key is 'The role, whatever it is called: see role_key().';
--!include functions/access/follow_renames.sql
--!include functions/access/open_sql_login.sql
--!include functions/access/bind_roles.sql
--!include functions/workers/heartbeat.sql
--!include functions/access/count_uses.sql
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
--!include functions/schedules/check_id.sql
--!include functions/calendars/check_calendar_name_is_free.sql
--!include functions/calendars/create_calendar.sql
--!include functions/calendars/update_calendar.sql
--!include functions/calendars/tg_check_calendar_rule.sql
--!include functions/calendars/tg_compute_calendar_entry.sql
