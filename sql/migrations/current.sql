-- The next migration, in the making.

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

-- The fields of forms in the order in which they are read: jsonb does not keep that of properties.
set local almanac.system to on;
update almanac_private.known_tasks t set payload_schema = t.payload_schema || o.x_order
from (values
  ('almanac:sql', '{"x-order": ["statement", "then"]}'::jsonb),
  ('almanac:http', '{"x-order": ["url", "method", "headers", "body", "sign_with", "expect_status", "max_redirects",'
    '"timeout_seconds"]}'),
  ('almanac:email', '{"x-order": ["to", "cc", "bcc", "subject", "text", "html"]}'),
  ('almanac:report', '{"x-order": ["statement", "format", "email", "request", "max_rows", "when_empty"]}')
) o (identifier, x_order)
where t.identifier = o.identifier;
update almanac_private.known_tasks set payload_schema = jsonb_set(jsonb_set(payload_schema,
  '{properties,email,x-order}', '["to", "cc", "bcc", "subject", "text", "filename"]'),
  '{properties,request,x-order}', '["url", "method", "headers", "sign_with", "expect_status", "max_redirects",'
    '"timeout_seconds"]')
where identifier = 'almanac:report';
set local almanac.system to off;
--!include functions/planning/closed_times.sql
-- The calendar of a busy installation shows by itself what someone should see, and piles of the rest.
drop function if exists almanac.calendar(
  timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean, bigint[], text, text
);
--!include functions/planning/calendar_item.sql
-- Lists of runs that read a bounded part of the ledger, and unfinished ones by the table that names them.

do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = 'almanac_private.run_filter'::regclass and a.attname = 'schedule_search')
  then
    alter type almanac_private.run_filter add attribute schedule_search text, add attribute creator text,
      add attribute parent_id bigint, add attribute without_children boolean;
  end if;
end
$$;
comment on type almanac_private.run_filter is
  'Which runs cancel_runs(), retry_failed() and find_runs() are asked for: those that fit all that is not null.';
drop function if exists almanac_private.read_run_filter(jsonb);
--!include functions/runs/fits_run_filter.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/list_filter.sql
--!include functions/runs/run_page.sql
--!include functions/runs/run_page_runs.sql
--!include functions/runs/active_run_page.sql
--!include functions/runs/active_run_page_runs.sql
--!include functions/runs/find_active_runs.sql
--!include functions/runs/unfinished_runs.sql
--!include functions/runs/read_place.sql
--!include functions/runs/written_place.sql
--!include functions/runs/cut_page.sql
--!include functions/runs/read_runs.sql
--!include functions/runs/read_runs_of.sql

-- Counts of the runs of days that are over. A large installation: the triggers are made under a lock that waits for
-- writers of runs; days are counted by the next run of almanac:apply-retention.

create table if not exists almanac_private.day_counts (
  schedule_id bigint not null,
  day date not null,
  status almanac.run_status not null,
  named bigint not null,
  quarters smallint[] not null,
  counts integer[] not null,
  primary key (schedule_id, day, status)
);
create index if not exists day_counts_by_day on almanac_private.day_counts (day);
alter table almanac_private.day_counts enable row level security;
comment on table almanac_private.day_counts is
  'How many runs there are of each schedule, day in UTC and state, for the days of days_counted(): what counting them '
  'would say.';
comment on column almanac_private.day_counts.schedule_id is 'The schedule; 0: all of them together.';
comment on column almanac_private.day_counts.named is 'How many have their nominal time on the day.';
comment on column almanac_private.day_counts.quarters is
  'The quarters of an hour in which some are due, counted from 0 at the beginning of the day.';
comment on column almanac_private.day_counts.counts is 'How many are due in each of these.';

create table if not exists almanac_private.counted_days (
  day date primary key,
  closed_by xid8 not null,
  counted_at timestamptz
);
alter table almanac_private.counted_days enable row level security;
comment on table almanac_private.counted_days is
  'Days in UTC that are over. A change of a run that was due before is noted in changed_days.';
comment on column almanac_private.counted_days.closed_by is
  'Transaction since which that is so: the day is counted when all that were under way then have ended.';
comment on column almanac_private.counted_days.counted_at is 'When its runs were last counted; null: not yet.';

create table if not exists almanac_private.changed_days (
  day date not null,
  changed_by xid8 not null,
  primary key (day, changed_by)
);
alter table almanac_private.changed_days enable row level security;
comment on table almanac_private.changed_days is
  'Days whose runs have changed since they were counted, and by which transactions: no two write the same row.';

drop policy if exists everyone_sees_day_counts on almanac_private.day_counts;
create policy everyone_sees_day_counts on almanac_private.day_counts for select to almanac_viewer using (true);
drop policy if exists everyone_sees_counted_days on almanac_private.counted_days;
create policy everyone_sees_counted_days on almanac_private.counted_days for select to almanac_viewer using (true);
drop policy if exists everyone_sees_changed_days on almanac_private.changed_days;
create policy everyone_sees_changed_days on almanac_private.changed_days for select to almanac_viewer using (true);
grant select on almanac_private.day_counts, almanac_private.counted_days, almanac_private.changed_days
  to almanac_viewer;
--!include functions/ledger/utc_day.sql
--!include functions/ledger/day_start.sql
--!include functions/ledger/tg_note_changed_days.sql
drop trigger if exists _850_note_added_late on almanac.runs;
create trigger _850_note_added_late after insert on almanac.runs for each row
  when (least(new.due_at, new.scheduled_for) < clock_timestamp() - interval '24 hours')
  execute function almanac_private.tg_note_changed_days();
drop trigger if exists _850_note_changed_late on almanac.runs;
create trigger _850_note_changed_late after update on almanac.runs for each row
  when (least(new.due_at, new.scheduled_for, old.due_at) < clock_timestamp() - interval '24 hours'
    and (new.status <> old.status or new.due_at <> old.due_at or new.schedule_id <> old.schedule_id))
  execute function almanac_private.tg_note_changed_days();
--!include functions/ledger/tg_note_deleted.sql
--!include functions/ledger/days_counted.sql
--!include functions/ledger/count_day.sql
--!include functions/ledger/count_days.sql
--!include functions/ledger/remove_week.sql
--!include functions/runs/skip_to.sql
--!include functions/runs/find_runs.sql
--!include functions/planning/calendar.sql

--!include functions/hosts/host_job_counts.sql
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
--!include functions/planning/usual_durations.sql
--!include functions/runs/failed_runs.sql
--!include functions/runs/last_outcomes.sql
--!include functions/runs/runs_retries.sql
--!include functions/schedules/tg_compute_schedule.sql
