create or replace function almanac_private.why_run(run almanac.runs, timezone text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_override almanac.occurrence_overrides;
  v_reason text := rtrim(run.reason, '.');
  v_is_cancelled_by boolean := coalesce(run.reason like 'cancelled by %', false);
  v_retry almanac.runs;
  v_lines text[];
begin
  v_lines := array[
    format('%s was due to run on %s.', run.schedule_name,
      case when run.trigger = 'manual' then almanac_private.recorded_time(run.scheduled_for, why_run.timezone)
        else almanac_private.spoken_time(run.scheduled_for, why_run.timezone) end),
    case run.trigger
      when 'manual' then case when run.retried_from is null
        then format('Run %s was triggered by %s.', run.id, run.requested_by)
        else format('Run %s repeats run %s, requested by %s%s.', run.id, run.retried_from, run.requested_by,
          ': ' || rtrim(run.request_reason, '.')) end
      when 'schedule' then format('Its rule names that time, and run %s is its outcome.', run.id)
      when 'workflow' then (
        select case when p.graph is null
          then format('Run %s is one of the %s children of run %s, for element %s of its list.', run.id, p.children,
          p.id, run.element)
          else format('Run %s is step %s of the %s of run %s%s.', run.id, run.element, jsonb_array_length(p.graph),
            p.id, ': ' || (p.graph -> run.element - 1 ->> 'name'))
          end
        from almanac.runs p where p.id = run.parent_id and p.scheduled_for = run.scheduled_for)
      else format('Its outcome is run %s (%s).', run.id, run.trigger) end];
  if run.due_at <> run.scheduled_for and run.retried_from is null then
    select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = run.schedule_id
      and o.scheduled_for = run.scheduled_for;
    v_lines := v_lines || case
      when v_override.is_carried_over
        then format('It was postponed to %s: %s.', almanac_private.spoken_time(run.due_at, why_run.timezone),
        v_override.reason)
      when v_override.action = 'move'
        then format('It was moved to %s by %s%s.', almanac_private.spoken_time(run.due_at, why_run.timezone),
        v_override.created_by, ': ' || v_override.reason)
      else format('It was due on %s: postponed by a calendar, or delayed by jitter.',
        almanac_private.spoken_time(run.due_at, why_run.timezone)) end;
  end if;
  v_lines := v_lines || case
    when run.status = 'skipped' then format('It did not run: %s.', case v_reason
      when 'merged' then 'a calendar excludes it, and a later occurrence runs in its place' else v_reason end)
    when run.started_at is null and run.finished_at is not null then format('It did not start: it %s%s.',
      almanac_private.end_in_words(run.status),
      case when v_is_cancelled_by then substr(v_reason, length('cancelled ')) else ', ' || v_reason end)
    when run.started_at is null
      then format('It has not started: it is %s%s.%s', run.status, ', ' || v_reason,
      ' ' || coalesce(almanac.runs_blocked_because(run), almanac_private.needs_in_words(run),
        case when run.status = 'queued'
        then almanac_private.slots_taken(almanac_private.runs_not_begun(clock_timestamp())) end))
    else format('It started on %s%s and %s.%s', almanac_private.recorded_time(run.started_at, why_run.timezone),
      case when run.started_at > run.due_at + interval '1 second'
        then format(', %s after it was due', almanac_private.spoken_interval(
          justify_interval(date_trunc('second', run.started_at - run.due_at)))) end,
      case when run.finished_at is null
        then case when run.children is null
          then format('is %s, attempt %s of %s', run.status, run.attempt, run.max_attempts)
          else format('is running: %s', almanac_private.children_in_words(run)) end
        when run.children is not null
          then format('%s: %s', almanac_private.end_in_words(run.status), almanac_private.children_in_words(run))
        else format('%s after %s attempt%s', almanac_private.end_in_words(run.status), run.attempt,
          case when run.attempt <> 1 then 's' end) end,
      case when run.status = 'retrying' then coalesce(' ' || almanac.runs_blocked_because(run),
        ' Attempt ' || run.attempt + 1 || ' is due on '
        || almanac_private.recorded_time(almanac.runs_next_attempt_at(run), why_run.timezone) || '.') end) end;
  if run.started_at is not null and v_reason is not null then
    v_lines := v_lines || case
      when run.finished_at is null and run.cancel_requested_at is not null
        then format('Its worker was told to stop it on %s%s. It ends when its task does.',
        almanac_private.recorded_time(run.cancel_requested_at, why_run.timezone),
        case when v_is_cancelled_by then substr(v_reason, length('cancelled ')) else ': ' || v_reason end)
      when v_is_cancelled_by and run.status = 'cancelled' then format('It was %s.', v_reason)
      else format('Its reason: %s.', v_reason) end;
  end if;
  if run.error is not null then
    v_lines := v_lines || format('Its last error: %s', left(run.error, 500));
  end if;
  if almanac_private.is_repeatable(run.status) then
    select r.* into v_retry from almanac.runs_retries(run) r order by r.id desc limit 1;
    v_lines := v_lines || case
      when v_retry.id is not null then format('Run %s repeats it: it %s.', v_retry.id,
        case when v_retry.finished_at is null then 'is ' || v_retry.status::text
          else almanac_private.end_in_words(v_retry.status) end)
      when almanac_private.retry_problem(run) is null then format('almanac.retry_run(%s) repeats it.', run.id) end;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_run(almanac.runs, text) is
  'Explains in words why there is a run, and how it ended.';
