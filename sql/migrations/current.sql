-- The next migration, in the making.

-- A changed rule keeps what was moved and skipped, and says beforehand what it cannot keep.
--!include functions/planning/warn_lost_overrides.sql
--!include functions/planning/carry_over_overrides.sql
--!include functions/planning/carried_overrides.sql
--!include functions/planning/keep_overrides.sql
--!include functions/planning/overrides_for_change.sql
--!include functions/planning/preview_change.sql
--!include functions/schedules/tg_compute_schedule.sql
--!include functions/schedules/move_series.sql
--!include functions/schedules/split_schedule.sql

-- Of several deleted schedules of a name, any can be restored.
--!include functions/schedules/restore_schedule.sql
