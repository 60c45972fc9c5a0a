-- Nobody stops the scheduler by holding a lock: partitions are made apart and attached, outside the heartbeat, waiting
-- 50 ms at most; who takes turns locks a row of a table of ours, not a key that any login may lock. Nothing here reads or
-- rewrites a large table.

create table if not exists almanac_private.turns (
  name text primary key
);
comment on table almanac_private.turns is
  'What one transaction at a time does: it locks the row. An advisory lock could be taken by any login.';
comment on column almanac_private.turns.name is 'What is done in turns.';
alter table almanac_private.turns enable row level security;

drop function if exists almanac_private.ensure_partitions(timestamptz, integer);

--!include functions/take_turn.sql
--!include functions/ensure_partitions.sql
--!include functions/heartbeat.sql
--!include functions/refresh_timezones.sql
--!include functions/raise_sequences.sql
--!include functions/upsert_schedule.sql

-- Who may update, delete or truncate a table may lock all of it, and keep all schedules from firing. A right to columns
-- gives no right to lock.
revoke update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
from almanac_operator;
grant update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
to almanac_admin;
do $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant update (%s) on %s to almanac_operator',
      string_agg(quote_ident(a.attname), ', ' order by a.attnum), a.attrelid::regclass)
    from pg_attribute a
    where a.attrelid in ('almanac.schedules'::regclass, 'almanac.calendars'::regclass,
        'almanac.calendar_entries'::regclass, 'almanac.calendar_rules'::regclass)
      and a.attnum > 0 and not a.attisdropped
    group by a.attrelid
  loop
    execute v_grant;
  end loop;
end
$$;
drop policy if exists owners_delete_schedules on almanac.schedules;
create policy owners_delete_schedules on almanac.schedules for delete to almanac_admin using (true);
drop policy if exists owners_delete_calendars on almanac.calendars;
create policy owners_delete_calendars on almanac.calendars for delete to almanac_admin using (true);

--!include functions/delete_calendar.sql
--!include functions/remove_exclusion.sql
--!include functions/remove_calendar_rule.sql
--!include functions/remove_imported.sql
--!include functions/import_exclusions.sql

-- What a user may do and store has bounds: what is stored already stays as it is, and is not looked at.
create table if not exists almanac_private.uses (
  id bigint generated always as identity primary key,
  who text not null,
  kind text not null,
  used_at timestamptz not null,
  count bigint not null
);
comment on table almanac_private.uses is
  'What operators created and triggered within the last hour, a row a statement, for the limits of users.';
comment on column almanac_private.uses.who is 'The signed-in user''s number, or else the login role.';
comment on column almanac_private.uses.kind is 'schedules or triggers.';
create index if not exists uses_by_user on almanac_private.uses (who, kind, used_at);
create index if not exists uses_by_time on almanac_private.uses (used_at);
alter table almanac_private.uses enable row level security;
insert into almanac_private.settings (key, value) values ('schedules_per_hour', '1000'), ('triggers_per_hour', '500')
on conflict (key) do nothing;

--!include functions/count_uses.sql
--!include functions/tg_count_created.sql
--!include functions/check_payload.sql
--!include functions/refuse_size.sql
--!include functions/tg_check_sizes.sql
--!include functions/tg_check_lengths.sql
--!include functions/trigger_now.sql

create or replace trigger _400_check_sizes
before insert or update of payload, description, pause_reason, cron_expression, calendars on almanac.schedules
for each row execute function almanac_private.tg_check_sizes();
create or replace trigger _700_count_created after insert on almanac.schedules referencing new table as new_rows
for each statement execute function almanac_private.tg_count_created();
create or replace trigger _400_check_lengths before insert or update of description on almanac.calendars
for each row execute function almanac_private.tg_check_lengths('description', '10000');
create or replace trigger _400_check_lengths before insert or update of label, source, cron_expression
on almanac.calendar_entries
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'cron_expression', '2000');
create or replace trigger _400_check_lengths before insert or update of label, source, ics on almanac.calendar_rules
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'ics', '100000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.occurrence_overrides
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.stops
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of label, description, task_group, payload_schema
on almanac.tasks
for each row execute function almanac_private.tg_check_lengths(
  'label', '200', 'description', '10000', 'task_group', '200', 'payload_schema', '100000');
create or replace trigger _400_check_lengths before insert or update of display_name on almanac.users
for each row execute function almanac_private.tg_check_lengths('display_name', '200');

-- A session ends for good with its user's disabling, and a sign-in link that was only issued sets up nothing.
delete from almanac_private.sessions s using almanac.users u where u.id = s.user_id and u.disabled_at is not null;
insert into almanac_private.settings (key, value)
select 'signed_in_at', to_jsonb(min(x.at))
from (select s.created_at from almanac_private.sessions s
  union all select t.spent_at from almanac_private.login_tokens t where t.spent_at is not null) x(at)
having count(*) > 0
on conflict (key) do nothing;

--!include functions/tg_end_sessions.sql
--!include functions/redeem_login_token.sql
--!include functions/sign_in_is_set_up.sql

create or replace trigger _800_end_sessions after update of disabled_at on almanac.users
for each row when (new.disabled_at is not null and old.disabled_at is null)
execute function almanac_private.tg_end_sessions();
