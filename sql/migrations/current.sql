-- The next migration, in the making.

-- How the client looks to a user is kept with the user. The columns have no default, so that no row is rewritten.
alter table almanac.users add column if not exists clock_hours smallint;
alter table almanac.users add column if not exists week_starts_on smallint;
alter table almanac.users add column if not exists saved_views jsonb;
comment on column almanac.users.clock_hours is 'Whether clocks of the client have 12 or 24 hours; null: 24.';
comment on column almanac.users.week_starts_on is 'First day of weeks in the client, 1 (Monday) to 7; null: Monday.';
comment on column almanac.users.saved_views is
  'Views of the calendar to come back to, as [{"name": …, "address": …}]; null: none.';
grant insert (clock_hours, week_starts_on, saved_views) on almanac.users to almanac_admin;
--!include functions/access/check_saved_views.sql
--!include functions/access/tg_check_user.sql
--!include functions/access/change_own_settings.sql
