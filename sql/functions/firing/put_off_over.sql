-- Called by within_limits, with its rights and its settings.
create or replace function almanac_private.put_off_over(
  ids bigint[], account text, runs bigint, bytes bigint, unfinished bigint, as_of timestamptz
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_ids bigint[];
  v_specs graphile_worker.job_spec[];
begin
  with due as (
    select s.id, s.next_scheduled_for, s.next_run_at, b.bytes, count(*) over w as nth, sum(b.bytes) over w as total
    from unnest(put_off_over.ids) with ordinality u(id, nth)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.payload_bytes(s.payload) as bytes) b
    where almanac_private.account(s.run_as, s.owner_user) = put_off_over.account and not s.is_system
    window w as (order by u.nth)
  ), over_limit as materialized (
    select d.*, case when d.nth > put_off_over.runs then 'runs_per_hour'
      when d.total > put_off_over.bytes then 'payload_bytes_per_hour' else 'unfinished_runs' end as limit_name
    from due d
    where d.nth > put_off_over.runs or d.total > put_off_over.bytes or d.nth > put_off_over.unfinished
  ), met as materialized (
    select m.limit_name, almanac_private.fires_again_at(put_off_over.account, m.limit_name,
      case m.limit_name when 'runs_per_hour' then 1 else m.largest end,
      put_off_over.as_of) as until
    from (select o.limit_name, max(o.bytes) as largest from over_limit o group by o.limit_name) m
  ), noted as (
    insert into almanac_private.limits_met (account, limit_name, most, since, until)
    select put_off_over.account, m.limit_name, almanac_private.limit_for(m.limit_name, put_off_over.account),
      put_off_over.as_of, m.until
    from met m
    where not exists (
      select from almanac_private.limits_met l
      where l.account = put_off_over.account and l.limit_name = m.limit_name and l.until >= m.until)
  ), put_off as (
    insert into almanac_private.put_off as p (schedule_id, scheduled_for, due_at, until, limit_name)
    select o.id, o.next_scheduled_for, o.next_run_at, m.until, o.limit_name
    from over_limit o join met m on m.limit_name = o.limit_name
    on conflict (schedule_id) do update
    set scheduled_for = excluded.scheduled_for, due_at = excluded.due_at, until = excluded.until,
      limit_name = excluded.limit_name
    returning p.schedule_id, p.until
  ), moved as (
    update almanac.schedules s set next_run_at = p.until from put_off p where s.id = any (array[p.schedule_id])
    returning s.id, s.next_run_at
  )
  select array_agg(m.id), array_agg(almanac_private.arm_spec(m.id, m.next_run_at, v_delay) order by m.id)
  into v_ids, v_specs from moved m;
  perform almanac_private.arm_free(v_specs);
  return coalesce(v_ids, '{}');
end
$$;
comment on function almanac_private.put_off_over(bigint[], text, bigint, bigint, bigint, timestamptz) is
  'Puts off those schedules of an account that would fire more than is left to it: they are due when it may fire '
  'again, and until then no one looks at them. Returns them.';
