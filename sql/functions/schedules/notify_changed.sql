create or replace function almanac_private.notify_changed(
  channel text, ids bigint[], op text default 'update'
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_is_bulk boolean := notify_changed.ids is null or cardinality(notify_changed.ids) > 200;
begin
  if v_is_bulk or notify_changed.ids <> '{}' then
    perform pg_notify(notify_changed.channel, json_build_object(
      'op', case when v_is_bulk then 'bulk' else notify_changed.op end,
      'ids', case when v_is_bulk then '[]'::json else to_json(notify_changed.ids::text[]) end)::text);
  end if;
end
$$;
comment on function almanac_private.notify_changed(text, bigint[], text) is
  'Notifies a channel (almanac_schedules, almanac_runs, almanac_logs, almanac_workers, almanac_ledger) of what has '
  'changed, once for all of it: tickers look when schedules are due, browsers fetch again. ids: of schedules, also for '
  'runs; of runs, for logs; of workers; of checks; null: too many to name.';
grant execute on function almanac_private.notify_changed(text, bigint[], text) to almanac_worker;
