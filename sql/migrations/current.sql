-- A schedule may run its task once for each element of a list: a parent run, whose children are runs.
-- Columns are added without a default, so that no table is rewritten; that of schedules is filled, which takes seconds
-- for 100,000 of them. The index of runs has no entries yet.

do $$
begin
  if to_regtype('almanac.schedule_target') is null then
    create type almanac.schedule_target as enum ('task', 'list');
  end if;
end
$$;
comment on type almanac.schedule_target is
  'What a schedule runs. task: its task, once; list: its task for each element of the list in its payload.';

alter table almanac.schedules add column if not exists target almanac.schedule_target;
set local almanac.engine to 'on';
update almanac.schedules s set target = 'task' where s.target is null;
set local almanac.engine to 'off';
alter table almanac.schedules alter column target set default 'task', alter column target set not null;
comment on column almanac.schedules.target is
  'Whether it runs its task once, or for each element of payloads in its payload, as children of one run.';
comment on column almanac.schedules.payload is
  'JSON object given to the task, with _run added. With the target list: {"payloads": [{…}, …]}, up to 10,000; what '
  'else it holds is given to each.';
grant insert (target), update (target) on almanac.schedules to almanac_operator;

alter table almanac.runs add column if not exists parent_id bigint, add column if not exists element integer,
  add column if not exists children integer, add column if not exists final_counts jsonb;
alter table almanac.runs drop constraint if exists child_has_no_children,
  add constraint child_has_no_children check (parent_id is null or children is null);
create index if not exists runs_by_parent on almanac.runs (parent_id, element) where parent_id is not null;
comment on column almanac.runs.parent_id is 'Run that it is a part of, which has the same nominal time; null: none.';
comment on column almanac.runs.element is 'Which element of its parent''s list it is for, from 1; null: none.';
comment on column almanac.runs.children is
  'How many children it has, or will have when it begins; null: none, and its task is run itself.';
comment on column almanac.runs.final_counts is
  'How many of its children ended in each state; null: it has no children, or has not ended. See almanac.runs_roll_up().';
comment on column almanac.runs.payload is 'Payload given to the task; of a parent, with the list of its children''s.';

alter table almanac_private.live_runs add column if not exists parent_id bigint,
  add column if not exists children integer;
create index if not exists live_runs_by_parent on almanac_private.live_runs (parent_id, run_id)
  where parent_id is not null;
create index if not exists live_runs_with_children on almanac_private.live_runs (run_id) where children is not null;
create index if not exists live_runs_that_wait on almanac_private.live_runs (schedule_id, run_id) where is_waiting;
comment on column almanac_private.live_runs.parent_id is 'Run that it is a part of; null: none.';
comment on column almanac_private.live_runs.children is 'How many children it has; null: none.';

drop function if exists almanac_private.check_payload(text, jsonb);
drop function if exists almanac_private.check_payload_fits(text, jsonb);
drop function if exists almanac_private.payload_problem(text, jsonb);
drop function if exists almanac.retry_run(bigint, text, boolean);
drop function if exists almanac_private.trigger_run(almanac.schedules, jsonb, boolean, almanac.runs, text);

create or replace trigger _400_check_sizes
  before insert or update of task_identifier, target, payload, description, pause_reason, cron_expression, calendars
  on almanac.schedules
  for each row execute function almanac_private.tg_check_sizes();

--!include functions/workflows/roll_up.sql
--!include functions/workflows/list_elements.sql
--!include functions/workflows/list_errors.sql
--!include functions/workflows/check_list.sql
--!include functions/workflows/count_children.sql
--!include functions/workflows/status_of_parent.sql
--!include functions/workflows/children_note.sql
--!include functions/workflows/end_parents.sql
--!include functions/workflows/cancel_children.sql
--!include functions/workflows/begin_parents.sql
--!include functions/workflows/keep_parents.sql
--!include functions/workflows/failed_list.sql
--!include functions/workflows/runs_roll_up.sql
--!include functions/workflows/children_in_words.sql
--!include functions/workflows/kept_as.sql
--!include functions/payloads/check_payload_fits.sql
--!include functions/payloads/check_payload.sql
--!include functions/payloads/payload_problem.sql
--!include functions/firing/busy_times.sql
--!include functions/firing/record_verdicts.sql
--!include functions/payloads/misfits.sql
--!include functions/planning/preview.sql
--!include functions/planning/preview_change.sql
--!include functions/runs/begin_runs.sql
--!include functions/runs/cancel_locked_runs.sql
--!include functions/runs/count_runs.sql
--!include functions/runs/end_misfits.sql
--!include functions/runs/fail_unbegun.sql
--!include functions/runs/finish_runs.sql
--!include functions/runs/holders_of_slots.sql
--!include functions/runs/reconcile_runs.sql
--!include functions/runs/retry_failed.sql
--!include functions/runs/retry_problem.sql
--!include functions/runs/retry_run.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/runs/trigger_run.sql
--!include functions/schedules/check_definition.sql
--!include functions/schedules/definition_columns.sql
--!include functions/schedules/keep_author.sql
--!include functions/schedules/tg_check_sizes.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/schedules/unsaved_schedule.sql
--!include functions/workers/heartbeat.sql
--!include functions/workers/runs_not_begun.sql
--!include functions/ledger/remove_by_schedule.sql
--!include functions/ledger/remove_by_time.sql
--!include functions/ledger/remove_runs.sql
--!include functions/ledger/runs_that_stay.sql
--!include functions/ledger/why_at.sql
--!include functions/ledger/why_run.sql
--!include functions/ledger/why_unnamed.sql
--!include functions/planning/calendar.sql
--!include functions/planning/usual_durations.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/last_outcomes.sql
--!include functions/runs/runs_retries.sql
--!include functions/schedules/tg_compute_schedule.sql
