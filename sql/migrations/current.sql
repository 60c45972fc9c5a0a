-- At most once: with max_attempts 1 a run that has begun is not tried again, whatever ended its attempt.
drop function if exists almanac_private.lost_note(integer);
--!include functions/lost_note.sql
--!include functions/status_after_attempt.sql
--!include functions/finish_runs.sql
