-- Called by fire_due, with its rights and its settings.
--
-- decide() says what happens to one schedule; here is said for how many of them one call asks. What a call leaves
-- stays due and is named in held_up, so that why() can tell: nothing is dropped, and nothing that is on time waits for
-- what is far behind.
--
-- 1. The latest due first. What is on time has one occurrence each and uses up nothing; what is behind comes after it.
-- 2. A call is full at 500 runs, 5,000 occurrences or that many bytes of payloads beyond the first of each schedule. It
--    is full after a schedule, not before one: each call gets something done, however large that is.
-- 3. Calendars of one account's schedules are searched for 100 ms. Its thousands of exclusions cost others nothing.
-- 4. A schedule that cannot be decided is left out alone, with a warning.
create or replace function almanac_private.verdicts(
  ids bigint[], as_of timestamptz, out verdicts almanac_private.verdict[], out courses almanac_private.course[],
  out held_up almanac_private.held_up[]
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_due record;
  v_schedule almanac.schedules;
  v_decided record;
  v_course almanac_private.course;
  v_verdict almanac_private.verdict;
  v_paused_until timestamptz;
  v_stopped tstzmultirange;
  v_tasks_off_until timestamptz;
  v_task_stopped tstzmultirange;
  v_steps integer := 0;
  v_runs integer := 0;
  -- What one call looks at beyond the one occurrence of each: runs, all occurrences, and bytes of payloads. The rest
  -- is due still, and whatever is due meanwhile need not wait for all of it.
  v_most_runs constant integer := 500;
  v_most_steps constant integer := 5000;
  v_bytes bigint := 0;
  v_most_bytes constant bigint := almanac_private.bytes_a_call();
  -- How long the calendars of an account's schedules are searched in one call; those that are left are due still.
  v_most_searching constant interval := '100 ms';
  v_searched text[] := '{}';
  v_searching interval[] := '{}';
  v_role integer;
  v_began timestamptz;
  v_is_full boolean := false;
begin
  verdicts := '{}';
  courses := '{}';
  held_up := '{}';
  v_paused_until := (select max(coalesce(s.resumed_at, 'infinity')) from almanac.stops s where not s.catch_up);
  v_tasks_off_until := (select max(coalesce(s.resumed_at, 'infinity')) from almanac.task_stops s where not s.catch_up);
  for v_due in
    -- Whether it has no unfinished run, as nearly all, is looked up with it: by itself that takes four times as
    -- long.
    select s as schedule, not exists (
      select from almanac_private.live_runs l where l.schedule_id = s.id and l.counts_toward_overlap) as was_idle
    from unnest(verdicts.ids) u(id) join almanac.schedules s on s.id = any (array[u.id])
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd
    -- in it.
    where coalesce(s.next_run_at, 'infinity') <= verdicts.as_of
    order by s.next_run_at desc, s.id
  loop
    v_schedule := v_due.schedule;
    if v_is_full then
      held_up := held_up || row(v_schedule.id, v_schedule.next_run_at, verdicts.as_of, 'call', null
        )::almanac_private.held_up;
      continue;
    end if;
    if v_stopped is null and v_paused_until > least(v_schedule.cursor_at, v_schedule.next_run_at) then
      v_stopped := almanac_private.stopped_times((
        select min(least(s.cursor_at, s.next_run_at)) from almanac.schedules s where s.id = any (verdicts.ids)));
    end if;
    v_task_stopped := case
      when v_tasks_off_until > least(v_schedule.cursor_at, v_schedule.next_run_at)
      then almanac_private.task_stopped_times(v_schedule.task_identifier,
        least(v_schedule.cursor_at, v_schedule.next_run_at)) end;
    if v_schedule.calendars <> '{}' then
      v_role := array_position(v_searched,
        almanac_private.account(v_schedule.run_as, v_schedule.owner_user));
      if v_searching[v_role] > v_most_searching then
        held_up := held_up || row(v_schedule.id, v_schedule.next_run_at, verdicts.as_of, 'calendars',
          left(array_to_string(v_schedule.calendars, ', '), 1000))::almanac_private.held_up;
        continue;
      end if;
      if v_role is null then
        v_searched := v_searched || almanac_private.account(v_schedule.run_as, v_schedule.owner_user);
        v_searching := v_searching || interval '0';
        v_role := cardinality(v_searched);
      end if;
      v_began := clock_timestamp();
    end if;
    begin
      v_decided := almanac_private.decide(v_schedule, verdicts.as_of,
        case when v_schedule.is_system then '{}' when v_task_stopped is null then coalesce(v_stopped, '{}')
          else coalesce(v_stopped, '{}') + v_task_stopped end, v_due.was_idle,
        case v_schedule.missed_run_policy when 'run_all' then v_most_runs else v_most_steps end, null);
    exception when others then
      -- One that cannot be planned, as of a time zone that the server has lost, must not keep the others from firing.
      raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      held_up := held_up || row(v_schedule.id, v_schedule.next_run_at, verdicts.as_of, 'error', left(sqlerrm, 1000)
        )::almanac_private.held_up;
      continue;
    end;
    if v_schedule.calendars <> '{}' then
      v_searching[v_role] := v_searching[v_role] + (clock_timestamp() - v_began);
    end if;
    v_course := v_decided.course;
    -- One by one: to join arrays copies all that there is so far.
    foreach v_verdict in array v_decided.verdicts loop
      verdicts := verdicts || v_verdict;
    end loop;
    continue when (v_schedule.cursor_at, v_schedule.next_run_at, v_schedule.next_scheduled_for,
        v_schedule.has_overrides)
      is not distinct from (v_course.cursor_at, v_course.next_run_at, v_course.next_scheduled_for,
        v_course.has_overrides) and v_decided.verdicts = '{}';
    courses := courses || v_course;
    v_runs := v_runs + greatest(v_course.fired - 1, 0);
    v_steps := v_steps + greatest(v_decided.steps - 1, 0);
    if v_course.fired > 1 then
      v_bytes := v_bytes + v_course.fired * almanac_private.payload_bytes(v_schedule.payload);
    end if;
    v_is_full := v_runs >= v_most_runs or v_steps >= v_most_steps or v_bytes >= v_most_bytes;
  end loop;
end
$$;
comment on function almanac_private.verdicts(bigint[], timestamptz) is
  'What happens to the occurrences of these schedules that are due by as_of, and to their columns: nothing is written. '
  'What is far behind in parts, and then not all schedules: the rest is due still, as are those of a role whose '
  'calendars take long to search. One that cannot be planned is left out, with a warning. held_up: those that are '
  'left, and why.';
