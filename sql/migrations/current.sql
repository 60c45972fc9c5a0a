-- The next migration, in the making.

-- A database knows where it is: a dump, a template or an upgraded server brings this row to another place, and nothing is fired or run there
-- until adopt() says what is to become of it. A dump that was made before this migration is recorded where it is migrated.
create table if not exists almanac_private.place (
  is_only boolean primary key default true constraint there_is_one_place check (is_only),
  system_identifier bigint,
  database_oid oid not null,
  database_name name not null,
  environment text,
  recorded_at timestamptz not null,
  recorded_by text not null
);
comment on table almanac_private.place is 'Where this database belongs: one row. In another place it is a copy.';
alter table almanac_private.place enable row level security;
--!include functions/here.sql
--!include functions/copied_from.sql
--!include functions/record_place.sql
do $$
begin
  if not exists (select from almanac_private.place) then
    perform almanac_private.record_place();
  end if;
end
$$;
--!include functions/adopt.sql
--!include functions/fire_due.sql
--!include functions/wake.sql
--!include functions/begin_runs.sql

-- A clock that was ahead leaves schedules that are settled beyond now; an admin plans them again.
--!include functions/schedules_ahead.sql
--!include functions/replan_from_now.sql
