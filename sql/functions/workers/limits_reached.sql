-- Definer: anyone who watches may know that limits are reached. What it reads may be locked, as for overdue().
create or replace function almanac_private.limits_reached() returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('limit', p.limit_name, 'putOff', p.count, 'until', p.until)
      order by p.limit_name), '[]')
    from (
      select l.limit_name, sum(l.count) as count, min(l.until) as until
      from almanac_private.put_off_by_limit() l group by l.limit_name
    ) p);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.limits_reached() is
  'The limits that roles have reached: how many schedules each of them puts off, and until when, without names. Null: '
  'the schedules are locked, and it is not known.';
grant execute on function almanac_private.limits_reached() to almanac_server;
