-- The next migration, in the making.

--!include functions/may_change.sql
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
