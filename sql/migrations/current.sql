-- The next migration, in the making.
drop function if exists almanac.pause(text, text);
drop function if exists almanac.resume(text, boolean);
drop function if exists almanac.split_schedule(text, timestamptz, timestamptz, text);
--!include functions/schedules/check_unchanged.sql
--!include functions/schedules/update_schedule.sql
--!include functions/schedules/pause.sql
--!include functions/schedules/resume.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/undo_override.sql
--!include functions/planning/overrides_after.sql
--!include functions/planning/overrides_for_move.sql
--!include functions/planning/carry_over_overrides.sql
--!include functions/schedules/split_schedule.sql
--!include functions/schedules/move_series.sql
--!include functions/schedules/undo_split.sql
