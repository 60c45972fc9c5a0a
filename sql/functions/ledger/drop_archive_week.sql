-- Called by take_archive and apply_retention, with their rights.
create or replace function almanac_private.drop_archive_week(begins_at timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_table text;
begin
  foreach v_table in array array['runs', 'run_attempts', 'run_logs'] loop
    execute format('drop table if exists almanac_private.%I',
      almanac_private.archive_table(v_table, drop_archive_week.begins_at));
  end loop;
  delete from almanac_private.archive_weeks w where w.begins_at = drop_archive_week.begins_at;
end
$$;
comment on function almanac_private.drop_archive_week(timestamptz) is
  'Drops what waits of a week to be archived: all of it is in files, or no one wants it there.';
