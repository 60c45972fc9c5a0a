-- Definer: deletes history.
--
-- A pass goes through what is old in steps, and each call does one small part and says where it is in
-- retention_passes: anyone who calls next continues, also after a crash. Weeks and times, which look at all that is
-- old, are gone through once a day; schedules that keep less, each time.
create or replace function almanac_private.apply_retention(
  max_count integer default 2000, as_of timestamptz default clock_timestamp(), out step text, out removed bigint,
  out dropped integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '50ms'
as $$
declare
  v_pass almanac_private.retention_passes;
  v_until timestamptz;
  v_week timestamptz;
  v_result text;
begin
  perform almanac_private.checked_count(apply_retention.max_count, 100000);
  removed := 0;
  dropped := 0;
  is_done := false;
  select p.* into v_pass from almanac_private.retention_passes p for no key update;
  -- Not between: the clock was ahead, or no one has continued for a day.
  if v_pass.step = 'ended'
    or v_pass.as_of not between apply_retention.as_of - interval '1 day' and apply_retention.as_of
  then
    v_pass.as_of := apply_retention.as_of;
    v_pass.began_at := clock_timestamp();
    v_pass.step := case
      when v_pass.swept_at between apply_retention.as_of - interval '20 hours' and apply_retention.as_of
        then 'schedules'
      else 'weeks' end;
    v_pass.after_at := null;
    v_pass.after_id := null;
    v_pass.held := 0;
    v_pass.runs := 0;
    v_pass.weeks := 0;
  end if;
  step := v_pass.step;
  -- Only whole weeks: the rest goes with its week.
  v_until := (
    select date_trunc('week', k.runs_since at time zone 'UTC') at time zone 'UTC'
    from almanac_private.kept_since(almanac_private.retention_rule(), null, null, v_pass.as_of) k);

  case v_pass.step
    when 'weeks' then
      insert into almanac_private.settings as s (key, value)
      select 'history_horizon', to_jsonb(v_until) where isfinite(v_until) and v_pass.after_at is null
      on conflict (key) do update set value = to_jsonb(greatest(v_until, (s.value #>> '{}')::timestamptz));
      v_week := (
        select min(w.begins_at)
        from (
          select to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as begins_at
          from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent in ('almanac.runs'::regclass, 'almanac.run_attempts'::regclass,
            'almanac.run_logs'::regclass) and c.relname ~ '_\d{8}$'
        ) w
        where w.begins_at + interval '168 hours' <= v_until and w.begins_at > coalesce(v_pass.after_at, '-infinity'));
      v_pass.after_at := v_week;
      if v_week is null then
        -- What is left of a week that is to be dropped later is not deleted row by row meanwhile.
        v_pass.step := case when v_pass.held > 0 or not isfinite(v_until) then 'schedules' else 'times' end;
      else
        v_result := almanac_private.remove_week(v_week, v_pass.as_of);
        v_pass.held := v_pass.held + (v_result = 'held')::integer;
        dropped := (v_result = 'dropped')::integer;
      end if;
    when 'times' then
      select t.after_at, t.after_id, t.removed into v_pass.after_at, v_pass.after_id, removed
      from almanac_private.remove_by_time(v_until, apply_retention.max_count, v_pass.as_of, v_pass.after_at,
        v_pass.after_id) t;
      if v_pass.after_at is null then
        v_pass.step := 'schedules';
        v_pass.swept_at := v_pass.as_of;
      end if;
    when 'schedules' then
      select t.after_id, t.removed into v_pass.after_id, removed
      from almanac_private.remove_by_schedule(apply_retention.max_count, v_pass.as_of, v_pass.after_id) t;
      if v_pass.after_id is null and removed = 0 then
        v_pass.step := 'rest';
      end if;
    when 'rest' then
      if almanac_private.remove_rest(apply_retention.max_count, v_pass.as_of) then
        v_pass.step := 'ended';
        v_pass.ended_at := clock_timestamp();
        is_done := true;
      end if;
  end case;
  v_pass.runs := v_pass.runs + removed;
  v_pass.weeks := v_pass.weeks + dropped;
  update almanac_private.retention_passes p
  set (step, as_of, began_at, ended_at, swept_at, after_at, after_id, held, runs, weeks) = (v_pass.step, v_pass.as_of,
    v_pass.began_at, v_pass.ended_at, v_pass.swept_at, v_pass.after_at, v_pass.after_id, v_pass.held, v_pass.runs,
    v_pass.weeks);
exception when lock_not_available then
  -- Another is at it, or has set the rule in a transaction that is open.
  step := 'held';
  is_done := true;
end
$$;
comment on function almanac_private.apply_retention(integer, timestamptz) is
  'Does the next small part of removing history that is no longer kept: drops at most one week (dropped), or removes '
  'at most max_count runs with their attempts and logs. Call it until is_done. step: what it was at; held: another has '
  'what it needs.';
grant execute on function almanac_private.apply_retention(integer, timestamptz) to almanac_worker;
