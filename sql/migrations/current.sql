-- The next migration, in the making.
-- Gone, or with other parameters.
drop function if exists almanac_private.fire_in_order(bigint[], timestamptz, timestamptz);
drop function if exists almanac_private.resolve_schedule(
  almanac.schedules, timestamptz, integer, almanac.omission_reason);
drop function if exists almanac_private.resolve_long_exclusion(almanac.schedules, timestamptz, almanac.omission_reason);
drop function if exists almanac_private.write_resolved(almanac.schedules);
drop function if exists almanac_private.insert_skipped(almanac.schedules, timestamptz, text, timestamptz);
drop function if exists almanac_private.due_after(almanac.schedules, timestamptz);
drop function if exists almanac_private.next_due(almanac.schedules);
drop function if exists almanac_private.overlap(bigint, almanac.overlap_policy, integer);
drop function if exists almanac_private.insert_run(
  almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean,
  boolean);

-- What becomes of one due occurrence, or of a range of them, as verdicts() decides and record_verdicts() writes it.
do $$
begin
  if to_regtype('almanac_private.verdict') is null then
    create type almanac_private.verdict as (
      schedule_id bigint, scheduled_for timestamptz, due_at timestamptz, status almanac.run_status, reason text,
      job_at timestamptz, cancels boolean, gap almanac.omission_reason, first timestamptz, count bigint,
      follows timestamptz, override text, trigger almanac.run_trigger, payload jsonb, run_as text, requested_by text,
      counts_toward_overlap boolean
    );
    create type almanac_private.course as (
      schedule_id bigint, cursor_at timestamptz, next_scheduled_for timestamptz, next_run_at timestamptz,
      has_overrides boolean, last_run_at timestamptz, fired integer
    );
  end if;
end
$$;
comment on type almanac_private.verdict is
  'What becomes of a due occurrence: a run (status, and reason; job_at: when its job is to run, null: at once; cancels: '
  'what runs go on are cancelled for it), or the last place of a gap (gap says why; first, count; follows: the '
  'occurrence before, if its gap may be lengthened). override: done, the override that moved it has its outcome; '
  'passed, the rule is past the time that it names. The columns from trigger on are of runs that no rule names.';
comment on type almanac_private.course is
  'What the columns of a schedule that the engine writes become once its verdicts are recorded; fired: how many of '
  'them count as runs.';

--!include functions/firing/catchup_backlog.sql
--!include functions/firing/course_between.sql
--!include functions/firing/decide.sql
--!include functions/firing/excluded_range.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/live_counts.sql
--!include functions/firing/lock_cancellable.sql
--!include functions/firing/missed_range.sql
--!include functions/firing/most_steps.sql
--!include functions/firing/on_course.sql
--!include functions/firing/lock_what_is_cancelled.sql
--!include functions/firing/record_verdicts.sql
--!include functions/firing/resolve_before_change.sql
--!include functions/firing/resolve_rule.sql
--!include functions/firing/skip_reason.sql
--!include functions/firing/verdicts.sql
--!include functions/firing/write_courses.sql
--!include functions/planning/next_due.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/plain_due.sql
--!include functions/planning/planned_occurrences.sql
--!include functions/planning/replan.sql
--!include functions/recurrence/search_cron.sql
--!include functions/runs/insert_run.sql
--!include functions/workers/lock_holders.sql
