-- Called by begin_runs, with its rights and settings, for runs that it has locked and that belong to a group.
--
-- The limits of a group hold since one transaction at a time counts who has a place in it and gives out others. The
-- turns of all groups are taken by their ids, after the locks of runs and before those of jobs, and anyone who has one
-- waits for no run and no job: so no two wait for each other.
--
-- Nearly always there is room, and no one waits: then each run is a row of group_slots. Otherwise those that ask stand
-- in line as well, and who begins is decided by it alone. Who was called from the line has such a row already, and
-- needs no turn: under load nearly all that begin are of these, and the turn would be held while they do.
create or replace function almanac_private.begin_in_groups(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[], groups text[],
  as_of timestamptz
) returns table (run_id bigint, job_id bigint, schedule_id bigint, attempt integer, max_attempts integer,
  task_identifier text, timeout_ms double precision, run_as text, account text, is_held boolean, lacks text,
  is_postponed boolean)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_group almanac.resource_groups;
  v_asked bigint[];
  v_called bigint[];
  v_new bigint[];
  v_may bigint[] := array(
    -- Of a group that was deleted: there is no limit any more.
    select a.id from unnest(begin_in_groups.run_ids, begin_in_groups.groups) a(id, name)
    where not exists (select from almanac.resource_groups g where g.name = a.name));
  v_begun bigint;
  v_first timestamptz;
  v_last timestamptz;
  v_ids bigint[];
  v_jobs bigint[];
  v_kept bigint[];
begin
  for v_group in
    select g.* from almanac.resource_groups g where g.name = any (begin_in_groups.groups) order by g.id
  loop
    v_asked := array(
      select a.id from unnest(begin_in_groups.run_ids, begin_in_groups.groups) a(id, name)
      where a.name = v_group.name order by a.id);
    -- Of a group without a rate, those that were called have their places, no matter whose turn it is.
    if v_group.max_starts is null then
      v_called := array(
        select s.run_id from almanac_private.group_slots s
        where s.run_id = any (v_asked) and s.group_id = v_group.id and s.begun_at is null
        order by s.run_id for no key update skip locked);
      update almanac_private.group_slots s set begun_at = begin_in_groups.as_of where s.run_id = any (v_called);
      v_may := v_may || v_called;
      v_asked := array(select a.id from unnest(v_asked) a(id) where a.id <> all (v_called) order by a.id);
      continue when v_asked = '{}';
    end if;
    if not almanac_private.lock_group(v_group.id) then
      -- Its row is gone, as in a database that was restored in part.
      insert into almanac_private.group_turns (group_id) values (v_group.id) on conflict do nothing;
      perform almanac_private.lock_group(v_group.id);
    end if;
    v_new := array(
      select a.id from unnest(v_asked) a(id)
      where not exists (select from almanac_private.group_slots s where s.run_id = a.id));
    if exists (select from almanac_private.group_line l where l.group_id = v_group.id)
      or almanac_private.group_room(v_group, begin_in_groups.as_of) < cardinality(v_new)
    then
      insert into almanac_private.group_line (run_id, scheduled_for, group_id, priority)
      select r.id, r.scheduled_for, v_group.id,
        -- Of a role with a backlog: behind those of others.
        r.priority + case when l.is_behind then 3 else 0 end
      from unnest(begin_in_groups.run_ids, begin_in_groups.scheduled_fors) a(id, at)
      join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
      left join almanac_private.live_runs l on l.schedule_id = r.schedule_id and l.run_id = r.id
      where a.id = any (v_new) and r.status in ('queued', 'retrying')
      on conflict on constraint group_line_pkey do nothing;
      perform almanac_private.call_next(v_group, begin_in_groups.as_of, v_asked);
    else
      insert into almanac_private.group_slots (run_id, scheduled_for, group_id, priority, called_at)
      select r.id, r.scheduled_for, v_group.id, r.priority, begin_in_groups.as_of
      from unnest(begin_in_groups.run_ids, begin_in_groups.scheduled_fors) a(id, at)
      join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
      where a.id = any (v_new) and r.status in ('queued', 'retrying');
    end if;
    update almanac_private.group_slots s set begun_at = begin_in_groups.as_of
    where s.run_id = any (v_asked) and s.group_id = v_group.id and s.begun_at is null;
    get diagnostics v_begun = row_count;
    perform almanac_private.count_group_starts(v_group, v_begun, begin_in_groups.as_of);
    v_may := v_may || array(select s.run_id from almanac_private.group_slots s where s.run_id = any (v_asked));
  end loop;

  return query
  select b.* from (
    select array_agg(a.id order by a.id, a.job_id) as ids, array_agg(a.at order by a.id, a.job_id) as times,
      array_agg(a.job_id order by a.id, a.job_id) as jobs
    from unnest(begin_in_groups.run_ids, begin_in_groups.scheduled_fors, begin_in_groups.job_ids) a(id, at, job_id)
    where a.id = any (v_may)
  ) m
  cross join lateral almanac_private.begin_runs(begin_in_groups.worker_id, m.ids, m.times, m.jobs,
    begin_in_groups.as_of, is_admitted => true) b
  where m.ids is not null;

  for v_first, v_last, v_ids, v_jobs in
    select min(a.at), max(a.at), array_agg(a.id order by a.id, a.job_id), array_agg(a.job_id order by a.id, a.job_id)
    from unnest(begin_in_groups.run_ids, begin_in_groups.scheduled_fors, begin_in_groups.job_ids) a(id, at, job_id)
    where a.id <> all (v_may)
    group by date_trunc('week', a.at at time zone 'UTC') order by 1
  loop
    -- An hour is for what should not happen: they are called, and heartbeats look after those that were not.
    select almanac_private.postpone_runs(v_first, v_last, array_agg(i.id),
      array_agg(begin_in_groups.as_of + interval '1 hour'), v_jobs, '{almanac:waits_for_group}')
    into v_kept from (select distinct u.id from unnest(v_ids) u(id)) i;
    return query
    select r.id, j.id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
      extract(epoch from r.timeout)::float8 * 1000, r.run_as, almanac_private.account(r.run_as, r.owner_user), false,
      'group', r.id <> all (v_kept)
    from unnest(v_ids, v_jobs) j(run_id, id)
    join almanac.runs r on r.id = j.run_id and r.scheduled_for between v_first and v_last
    where r.status in ('queued', 'retrying');
  end loop;
end
$$;
comment on function almanac_private.begin_in_groups(
  bigint, bigint[], timestamptz[], bigint[], text[], timestamptz
) is
  'Begins those of the runs for which their groups have room, as begin_runs does. The others stand in line, and come '
  'back with what they lack: group.';
