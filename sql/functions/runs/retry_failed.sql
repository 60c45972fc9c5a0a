-- Definer: retry_run checks whether the caller may, for each.
create or replace function almanac.retry_failed(
  filter jsonb, reason text default null, max_count integer default 100, respect_overlap boolean default false,
  out retried integer, out refused integer, out problem text, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(retry_failed.filter);
  v_id bigint;
  v_problem text;
begin
  perform almanac_private.checked_count(retry_failed.max_count, 1000);
  retried := 0;
  refused := 0;
  is_done := true;
  for v_id in
    select f.id from almanac_private.failed_runs(v_filter) f
    where f.is_mine and f.is_possible and not f.is_retried
    order by f.scheduled_for, f.id
  loop
    if retried >= retry_failed.max_count or refused >= 1000 then
      is_done := retried = 0;
      exit;
    end if;
    begin
      perform almanac.retry_run(v_id, retry_failed.reason, retry_failed.respect_overlap, only_failed => true);
      retried := retried + 1;
    exception when sqlstate 'AL006' or sqlstate 'AL011' or sqlstate 'AL013' or sqlstate 'AL017'
      or sqlstate 'AL032' or sqlstate 'AL033' then
      -- One whose payload no longer fits its task keeps no other from being repeated.
      refused := refused + 1;
      get stacked diagnostics v_problem = pg_exception_detail;
      problem := coalesce(problem, format('Run %s: %s', v_id, v_problem));
    end;
  end loop;
end
$$;
comment on function almanac.retry_failed(jsonb, text, integer, boolean) is
  'Repeats the runs that fit a filter and failed or timed out, as retry_run() does each (of a parent run, those '
  'children that did not succeed), as far as the caller may '
  'change their schedules and no one has repeated them: the oldest first, at most max_count per call, so call it until '
  'is_done. filter: as of cancel_runs(), with since or ids; with status, cancelled ones too. count_runs_to_retry() '
  'says beforehand how many. refused: how many could not be, and problem, why the first.';
grant execute on function almanac.retry_failed(jsonb, text, integer, boolean) to almanac_operator;
