-- Called by what writes jobs, with its rights.
create or replace function almanac_private.held_jobs(keys text[]) returns text[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_free text[] := array(
    select w.key from graphile_worker._private_jobs w where w.key = any (held_jobs.keys)
    order by w.id for update skip locked);
begin
  return array(
    select w.key from graphile_worker._private_jobs w where w.key = any (held_jobs.keys) and w.key <> all (v_free));
end
$$;
comment on function almanac_private.held_jobs(text[]) is
  'Of the jobs under these keys those that someone else holds locked; the others are locked, and can be changed '
  'without waiting.';
