-- The next migration, in the making.

-- Lists of runs that read a bounded part of the ledger, and unfinished ones by the table that names them.

do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = 'almanac_private.run_filter'::regclass and a.attname = 'schedule_search')
  then
    alter type almanac_private.run_filter add attribute schedule_search text, add attribute creator text;
  end if;
end
$$;
comment on type almanac_private.run_filter is
  'Which runs cancel_runs(), retry_failed() and find_runs() are asked for: those that fit all that is not null.';
drop function if exists almanac_private.read_run_filter(jsonb);
--!include functions/runs/fits_run_filter.sql
--!include functions/runs/read_run_filter.sql
--!include functions/runs/run_page.sql
--!include functions/runs/run_page_runs.sql
--!include functions/runs/active_run_page.sql
--!include functions/runs/active_run_page_runs.sql
--!include functions/runs/find_active_runs.sql
--!include functions/runs/read_place.sql
--!include functions/runs/written_place.sql
--!include functions/runs/cut_page.sql
--!include functions/runs/read_runs.sql
--!include functions/runs/read_runs_of.sql
--!include functions/runs/find_runs.sql
