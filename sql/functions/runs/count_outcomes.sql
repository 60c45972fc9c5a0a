-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.count_outcomes(
  first_time timestamptz, last_time timestamptz, run_ids bigint[], details jsonb, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.count_fired(
    array_agg(c.account), array_agg(0::bigint), array_agg(c.bytes), count_outcomes.as_of)
  from (
    -- An error is kept with its run and with its attempt.
    select almanac_private.account(r.run_as, r.owner_user) as account,
      sum(coalesce(octet_length(d.detail ->> 'result'), 0)
      + 2 * coalesce(octet_length(d.detail ->> 'error'), 0))::bigint as bytes
    from unnest(count_outcomes.run_ids) u(id)
    cross join lateral (select count_outcomes.details -> u.id::text as detail) d
    join almanac.runs r on r.id = u.id
      and r.scheduled_for between count_outcomes.first_time and count_outcomes.last_time
    where d.detail ?| array['result', 'error']
    group by r.run_as, r.owner_user
  ) c
  where c.bytes > 0
  having count(*) > 0;
end
$$;
comment on function almanac_private.count_outcomes(timestamptz, timestamptz, bigint[], jsonb, timestamptz) is
  'Counts the bytes of results and errors of attempts that ended for the limits of those whose runs they are.';
