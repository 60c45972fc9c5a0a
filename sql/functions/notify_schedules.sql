create or replace function almanac_private.notify_schedules(schedule_ids bigint[], op text default 'update') returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if cardinality(notify_schedules.schedule_ids) > 0 then
    perform pg_notify('almanac_schedules', json_build_object(
      'op', case when cardinality(notify_schedules.schedule_ids) > 200 then 'bulk' else notify_schedules.op end,
      'ids', case when cardinality(notify_schedules.schedule_ids) > 200 then '[]'::json else to_json(notify_schedules.schedule_ids::text[]) end)::text);
  end if;
end
$$;
comment on function almanac_private.notify_schedules(bigint[], text) is
  'Says which schedules have changed, once for all of them: tickers look when they are due, browsers fetch them anew.';
