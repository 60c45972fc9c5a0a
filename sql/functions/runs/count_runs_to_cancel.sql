-- Definer: reads which runs are unfinished, which is the engine's.
create or replace function almanac.count_runs_to_cancel(
  filter jsonb, out unbegun bigint, out running bigint, out stopping bigint, out others bigint
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(count_runs_to_cancel.filter);
begin
  select count(*) filter (where u.is_mine and u.status <> 'running'),
    count(*) filter (where u.is_mine and u.status = 'running' and not u.is_stopping),
    count(*) filter (where u.is_mine and u.is_stopping), count(*) filter (where not u.is_mine)
  into unbegun, running, stopping, others
  from almanac_private.unfinished_runs(v_filter) u;
end
$$;
comment on function almanac.count_runs_to_cancel(jsonb) is
  'What cancel_runs() would cancel: unbegun, at once; running, by asking their workers. stopping: those that are '
  'asked already; others: those of schedules that the caller may not change, which it leaves alone.';
grant execute on function almanac.count_runs_to_cancel(jsonb) to almanac_viewer;
