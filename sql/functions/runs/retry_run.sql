-- Definer: writes the ledger; trigger_run checks whether the caller may.
create or replace function almanac.retry_run(
  run_id bigint, reason text default null, respect_overlap boolean default false, only_failed boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_run almanac.runs := almanac_private.find_run(retry_run.run_id);
  v_schedule almanac.schedules;
  v_problem text;
begin
  perform almanac_private.check_text('reason', retry_run.reason, 1000);
  select s.* into v_schedule from almanac.schedules s where s.id = v_run.schedule_id;
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_run.schedule_id);
  end if;
  -- Of two who ask at the same time, one is told of the other's.
  perform from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for for no key update;
  v_problem := almanac_private.retry_problem(v_run);
  if v_problem is not null then
    raise exception using errcode = 'AL013', message = format('Run %s cannot be repeated.', v_run.id),
      detail = v_problem,
      hint = format('Only a run that failed, timed out or was cancelled can be, by one run at a time, and only while '
        'its schedule exists and still has its task. Otherwise: select almanac.trigger_now(%L).', v_run.schedule_name);
  end if;
  return almanac_private.trigger_run(v_schedule, case
    when retry_run.only_failed and v_run.children is not null and v_run.graph is null
    then almanac_private.failed_list(v_run) else v_run.payload end, retry_run.respect_overlap, v_run,
    nullif(btrim(retry_run.reason), ''),
    v_run.children is not null and v_run.payload is not distinct from v_schedule.payload,
    case when v_run.graph is not null then almanac_private.graph_again(v_run, retry_run.only_failed) end);
end
$$;
comment on function almanac.retry_run(bigint, text, boolean, boolean) is
  'Repeats a run that failed, timed out or was cancelled: a new run (retried_from) of the same nominal time and '
  'payload, which begins now, as its schedule says today. Where that has another payload, what runs is the caller''s, '
  'as with trigger_now(). The new run is outside the overlap policy, unless respect_overlap. only_failed: of a '
  'parent run, with those children that did not succeed; otherwise with all. Steps have the order that '
  'they had. AL013: it cannot be repeated.';
grant execute on function almanac.retry_run(bigint, text, boolean, boolean) to almanac_operator;
