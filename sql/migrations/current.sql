-- The next migration, in the making.

-- What firing leaves due, and why ------------------------------------------------------------------------------------

create table if not exists almanac_private.held_up (
  schedule_id bigint primary key references almanac.schedules (id) on delete cascade,
  due_at timestamptz not null,
  since timestamptz not null,
  reason text not null,
  detail text,
  constraint a_reason_is_known check (reason in ('call', 'calendars', 'payloads', 'run', 'error'))
);
alter table almanac_private.held_up enable row level security;
comment on table almanac_private.held_up is
  'Schedules that are due and that a call of fire_due had to leave for later: why() and status tell it. A row whose '
  'schedule is no longer due at due_at counts for nothing.';
comment on column almanac_private.held_up.due_at is 'The next_run_at of the schedule when it was left.';
comment on column almanac_private.held_up.since is 'When a call first left it for this reason.';
comment on column almanac_private.held_up.reason is
  'call: the limit of one call, of what it catches up; calendars: those of its role take long to search; payloads: '
  'those that are due are large; run: someone holds a run that cancel_running cancels; error: it cannot be fired.';
comment on column almanac_private.held_up.detail is 'Its calendars, or the error.';

-- Their results say what they leave.
drop function if exists almanac_private.verdicts(bigint[], timestamptz);
drop function if exists almanac_private.within_limits(bigint[], text[], bigint[], timestamptz);
--!include functions/firing/verdicts.sql
--!include functions/firing/within_limits.sql
--!include functions/firing/note_held_up.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/reconcile.sql
--!include functions/firing/held_up_because.sql
--!include functions/firing/schedules_held_up.sql
--!include functions/ledger/why_not_fired.sql
--!include functions/ledger/why_at.sql

-- What stands in the client.
drop function if exists almanac.engine_state();
--!include functions/workers/engine_state.sql

-- What a login of almanac:sql lacks.
--!include functions/access/open_sql_login.sql

-- What runs leave behind counts as what they are given does.
--!include functions/runs/count_outcomes.sql
--!include functions/runs/finish_runs.sql
--!include functions/firing/limit_note.sql
comment on column almanac_private.fired.bytes is
  'Of the payloads that these runs store, and of the results and errors that were recorded in the minute.';
