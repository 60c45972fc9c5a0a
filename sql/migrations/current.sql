-- The next migration, in the making.
--
-- A check is added to almanac.schedules: the table is locked while each row is read once, about a second for a million.

alter table almanac.schedules drop constraint if exists schedule_next_run_at_goes_with_next_scheduled_for;
alter table almanac.schedules add constraint schedule_next_run_at_goes_with_next_scheduled_for
  check ((next_run_at is null) = (next_scheduled_for is null));

--!include functions/firing/enter_engine.sql
--!include functions/firing/leave_engine.sql
--!include functions/firing/status_when_due.sql
--!include functions/firing/overlap.sql
--!include functions/firing/waits_instead.sql
--!include functions/access/give_schedule.sql
--!include functions/access/bind_roles.sql
--!include functions/calendars/tg_replan_calendar.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/fire_in_order.sql
--!include functions/firing/settle_before_change.sql
--!include functions/firing/settle_rule.sql
--!include functions/firing/write_settled.sql
--!include functions/planning/override_occurrence.sql
--!include functions/planning/replan.sql
--!include functions/planning/replan_from_now.sql
--!include functions/planning/tg_plan_loaded_overrides.sql
--!include functions/runs/insert_run.sql
--!include functions/runs/settle_counters.sql
--!include functions/schedules/tg_compute_schedule.sql

-- What the policies for update let through can also be locked, by select … for update: only what may be changed.
drop policy if exists owners_change_schedules on almanac.schedules;
create policy owners_change_schedules on almanac.schedules for update to almanac_operator
  using (almanac_private.may_change(owner_user, run_as_key))
  with check (almanac_private.may_change(owner_user, run_as_key));
drop policy if exists owners_change_calendars on almanac.calendars;
create policy owners_change_calendars on almanac.calendars for update to almanac_operator
  using (almanac_private.may_change(owner_user, owned_by_key))
  with check (almanac_private.may_change(owner_user, owned_by_key));
drop policy if exists owners_change_calendar_entries on almanac.calendar_entries;
create policy owners_change_calendar_entries on almanac.calendar_entries for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
drop policy if exists owners_change_calendar_rules on almanac.calendar_rules;
create policy owners_change_calendar_rules on almanac.calendar_rules for all to almanac_operator
  using (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)))
  with check (exists (
    select from almanac.calendars c
    where c.id = calendar_id and almanac_private.may_change(c.owner_user, c.owned_by_key)));
--!include functions/calendars/read_on.sql

-- What is written through functions has bounds in the database, whoever calls them.
--!include functions/runs/kept_text.sql
--!include functions/runs/kept_result.sql
--!include functions/runs/kept_outcome.sql
--!include functions/runs/finish_runs.sql
--!include functions/workers/register_worker.sql
--!include functions/workers/heartbeat.sql
--!include functions/workers/announce_server.sql
--!include functions/workers/announce_tasks.sql
--!include functions/schedules/tg_check_lengths.sql
--!include functions/calendars/tg_check_calendar_rule.sql
create or replace trigger _400_check_lengths
before insert or update of label, description, task_group, payload_schema, depends_on on almanac_private.known_tasks
for each row execute function almanac_private.tg_check_lengths(
  'label', '200', 'description', '10000', 'task_group', '200', 'payload_schema', '100000', 'depends_on', '20000');
alter table almanac_private.sessions drop constraint if exists session_token_is_short;
alter table almanac_private.sessions add constraint session_token_is_short check (octet_length(token_hash) <= 64) not valid;
alter table almanac_private.login_tokens drop constraint if exists login_token_is_short;
alter table almanac_private.login_tokens add constraint login_token_is_short check (octet_length(token_hash) <= 64) not valid;
alter table almanac_private.place drop constraint if exists place_environment_is_short;
alter table almanac_private.place add constraint place_environment_is_short check (length(environment) <= 1000) not valid;
