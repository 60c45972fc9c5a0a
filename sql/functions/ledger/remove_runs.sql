-- Called by apply_retention, with its rights. By key, whatever the statistics say: another plan would read all
-- partitions for a few thousand rows.
create or replace function almanac_private.remove_runs(run_ids bigint[], scheduled_fors timestamptz[]) returns bigint
language plpgsql volatile set search_path to pg_catalog, pg_temp
  set timezone to 'UTC' set intervalstyle to 'postgres'
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_archives constant boolean := (almanac_private.retention_rule()).archive;
  v_ids bigint[];
  v_times timestamptz[];
  v_children bigint[];
  v_children_times timestamptz[];
  v_parents bigint[];
begin
  -- Anyone who repeats a run locks it first. What someone holds is left to the next pass.
  select array_agg(f.id), array_agg(f.scheduled_for) into v_ids, v_times
  from (
    select r.id, r.scheduled_for
    from unnest(remove_runs.run_ids, remove_runs.scheduled_fors) u(id, at)
    join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    where r.finished_at is not null
    order by r.scheduled_for, r.id for update of r skip locked) f;
  select array_agg(f.id), array_agg(f.scheduled_for), array_agg(f.parent_id)
  into v_children, v_children_times, v_parents
  from (
    select r.id, r.scheduled_for, r.parent_id from unnest(v_ids, v_times) u(id, at)
    join almanac.runs r on r.parent_id = u.id and r.scheduled_for = u.at
    order by r.scheduled_for, r.id for update of r skip locked) f;
  -- In a statement of its own, which sees who repeated one before it was locked. A retry has the nominal time of the
  -- run that it repeats.
  with gone as (
    delete from almanac.runs r using unnest(v_ids, v_times) u(id, at)
    where r.id = u.id and r.scheduled_for = u.at
      and not exists (
        select from almanac.runs t where t.schedule_id = r.schedule_id and t.scheduled_for = r.scheduled_for
          and t.retried_from = r.id)
      -- One of whose children someone holds is left to the next pass, with all of them.
      and case when r.children is null then true else not exists (
        select from almanac.runs c where c.parent_id = r.id and c.scheduled_for = r.scheduled_for
          -- By a hash: of a list there may be ten thousand.
          and c.id not in (select f.id from unnest(v_children) f(id))) end
    returning r
  ), children as (
    delete from almanac.runs r using unnest(v_children, v_children_times, v_parents) u(id, at, parent)
    where r.id = u.id and r.scheduled_for = u.at and u.parent in (select (g.r).id from gone g)
    returning r
  ), all_gone as (
    select g.r from gone g union all select c.r from children c
  ), archived as (
    insert into almanac_private.archive_runs (document, bytes)
    select d.document, octet_length(d.document)
    from all_gone g
    cross join lateral (
      select almanac_private.archived_run(to_jsonb(g.r),
        (select jsonb_agg(to_jsonb(a) order by a.attempt) from almanac.run_attempts a
          where a.run_id = (g.r).id and a.scheduled_for = (g.r).scheduled_for),
        (select jsonb_agg(to_jsonb(l) order by l.attempt, l.first_line) from almanac.run_logs l
          where l.run_id = (g.r).id and l.scheduled_for = (g.r).scheduled_for)) as document
    ) d
    where v_archives
  )
  select array_agg((g.r).id), array_agg((g.r).scheduled_for) into v_ids, v_times from all_gone g;
  delete from almanac.run_attempts a using unnest(v_ids, v_times) u(id, at)
  where a.run_id = u.id and a.scheduled_for = u.at;
  delete from almanac.run_logs l using unnest(v_ids, v_times) u(id, at)
  where l.run_id = u.id and l.scheduled_for = u.at;
  return coalesce(cardinality(v_ids), 0);
end
$$;
comment on function almanac_private.remove_runs(bigint[], timestamptz[]) is
  'Deletes runs with their children, attempts and logs, in one transaction: finished ones that no one holds locked and '
  'that no other run repeats. Returns how many. Where what is removed is to be archived, it waits in archive_runs.';
