-- Called by finish_runs, with its rights and its settings. In rows of this backend's own, as tg_count_fired.
create or replace function almanac_private.count_outcomes(
  scheduled_for timestamptz, run_ids bigint[], details jsonb, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_minute constant timestamptz := date_bin('1 minute', count_outcomes.as_of, '2000-01-01Z');
  v_is_new boolean;
begin
  with written as (
    insert into almanac_private.fired as f (run_as, minute, backend, runs, bytes)
    select c.run_as, v_minute, pg_backend_pid(), 0, c.bytes
    from (
      -- An error is kept with its run and with its attempt.
      select r.run_as, sum(coalesce(octet_length(d.detail ->> 'result'), 0)
        + 2 * coalesce(octet_length(d.detail ->> 'error'), 0)) as bytes
      from unnest(count_outcomes.run_ids) u(id)
      cross join lateral (select count_outcomes.details -> u.id::text as detail) d
      join almanac.runs r on r.id = u.id and r.scheduled_for = count_outcomes.scheduled_for
      where d.detail ?| array['result', 'error']
      group by r.run_as
    ) c
    where c.bytes > 0 and almanac_private.is_limited(c.run_as)
    on conflict (run_as, minute, backend) do update set bytes = f.bytes + excluded.bytes
    returning f.xmax = '0'::xid as is_new
  )
  select bool_or(w.is_new) into v_is_new from written w;
  if v_is_new then
    delete from almanac_private.fired f where f.ctid = any (array(
      select o.ctid from almanac_private.fired o where o.minute < v_minute - interval '1 hour'
      limit 100 for update skip locked));
  end if;
end
$$;
comment on function almanac_private.count_outcomes(timestamptz, bigint[], jsonb, timestamptz) is
  'Counts the bytes of results and errors of attempts that ended for the limits of the roles that their runs run as.';
