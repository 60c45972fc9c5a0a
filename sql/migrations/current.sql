-- The next migration, in the making.

-- Users choose the second zone next to the hours of the calendar.
alter table almanac.users add column if not exists second_timezone text;
comment on column almanac.users.second_timezone is
  'Zone of the second column of hours in the client; "none": there is none; null: UTC.';
grant insert (second_timezone) on almanac.users to almanac_admin;
--!include functions/access/tg_check_user.sql
--!include functions/access/change_own_settings.sql
