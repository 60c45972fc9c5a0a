-- Called by definer functions, which may read jobs.
create or replace function almanac_private.waits_for_slot(run_id bigint) returns boolean
language sql stable
return exists (select from graphile_worker.jobs j
  where j.key = 'run:' || waits_for_slot.run_id and j.flags ? 'almanac:waits_for_slot');
comment on function almanac_private.waits_for_slot(bigint) is
  'Whether a run was put back as its role holds all the slots, or connections of almanac:sql, that it may: '
  'begin_runs marks its job.';
