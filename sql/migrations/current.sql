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

-- A worker says when it takes no jobs though it has room for them: that it is heard of does not tell.
alter table almanac.workers add column if not exists takes_nothing_since timestamptz;
alter table almanac.workers add column if not exists takes_nothing_because text;
comment on column almanac.workers.takes_nothing_since is
  'Since when it has taken no jobs though it has room for them; null: it takes them. Its pool is given up and started again when that is not the database''s fault.';
comment on column almanac.workers.takes_nothing_because is 'Why it takes none, in words; null: it takes them.';
--!include functions/look_at_jobs.sql
--!include functions/note_stall.sql
--!include functions/tg_notify_workers.sql
