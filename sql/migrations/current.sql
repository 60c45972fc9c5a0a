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
