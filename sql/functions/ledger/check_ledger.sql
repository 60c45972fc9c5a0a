-- Definer: reads rule versions, which are the owner's.
--
-- The claim is that every occurrence has exactly one outcome. It is checked from both sides, in one statement and so by
-- one snapshot: all times that the rules of then named (planned) against all runs and gaps, and these against those
-- times. It is a second opinion, so it asks occurrences_between, which lists a range, and not the functions that fire.
--
-- Excused is what has a reason to be missing: times of which someone moved the run and that have not run yet, what
-- purge() or a person deleted (deleted_history), rules in a zone that the server no longer knows.
--
-- Two things make it fit for a million occurrences: gaps of a schedule do not overlap, so the gap that can contain a
-- time is found by counting (members) where a join on ranges would compare each with each; and what was deleted of a
-- schedule is one multirange, in which a time is looked up by halving.
create or replace function almanac.check_ledger(
  range_start timestamptz default now() - interval '1 day', range_end timestamptz default now(),
  max_count integer default 1000
) returns table (problem text, schedule_id bigint, schedule_name text, scheduled_for timestamptz, detail text)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
  -- How many rows these steps have cannot be foreseen: a hash of all columns is good for any number, other joins for
  -- few only.
  set enable_nestloop to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(check_ledger.max_count);
  perform almanac_private.check_range(check_ledger.range_start, check_ledger.range_end);
  -- What was deleted by purge() is not checked.
  check_ledger.range_start := greatest(check_ledger.range_start, almanac_private.history_horizon());
  if check_ledger.range_start >= check_ledger.range_end then
    return;
  end if;

  return query
  with versions as (
    select v.schedule_id, coalesce(s.name, v.schedule_name) as name,
      jsonb_populate_record(null::almanac.schedules, v.rule) as rule,
      v.valid_from, v.valid_to, v.rule ->> 'timezone' as timezone, coalesce(v.valid_to, s.cursor_at) as resolved_until
    from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    where v.valid_from < check_ledger.range_end and coalesce(v.valid_to, 'infinity') >= check_ledger.range_start
  ), zones as materialized (
    select z.timezone from (select distinct v.timezone from versions v) z
      where not almanac_private.knows_timezone(z.timezone)
  ), lost as materialized (
    -- Whose times cannot be computed: nothing is said of them but that.
    select v.schedule_id, v.name, v.valid_from, coalesce(v.valid_to, 'infinity') as valid_to, v.timezone
    from versions v join zones z on z.timezone = v.timezone
  ), known as materialized (
    select v.* from versions v where v.timezone not in (select z.timezone from zones z)
  ), planned as materialized (
    select v.schedule_id, v.name, o.at, o.at <= v.resolved_until as is_resolved
    from known v
    cross join lateral almanac_private.occurrences_between(v.rule,
      greatest(check_ledger.range_start, v.valid_from + interval '1 microsecond'),
      least(check_ledger.range_end, v.valid_to + interval '1 microsecond'), null) o(at)
  ), fired as materialized (
    select r.schedule_id, r.schedule_name, r.scheduled_for as at, r.status
    from almanac.runs r
    where r.trigger = 'schedule' and r.scheduled_for >= check_ledger.range_start
      and r.scheduled_for < check_ledger.range_end
  ), gaps as materialized (
    select o.*, row_number() over (partition by o.schedule_id order by o.during) as turn
    from almanac.omissions o where o.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), members as materialized (
    -- Of a schedule's gaps, which do not overlap, only the last that begins by a time can contain it.
    select o.id, t.schedule_id, t.at
    from (
      select e.*, count(*) filter (where not e.is_planned) over (partition by e.schedule_id
        order by e.at, e.is_planned) as turn
      from (
        select o.schedule_id, lower(o.during) as at, false as is_planned from gaps o
        union all
        select p.schedule_id, p.at, true from planned p where p.schedule_id in (select o.schedule_id from gaps o)
      ) e
    ) t join gaps o on o.schedule_id = t.schedule_id and o.turn = t.turn
    where t.is_planned and t.at <@ o.during
  ), deleted_runs as materialized (
    select d.schedule_id, t.at from almanac_private.deleted_history d cross join lateral unnest(d.times) t(at)
    where d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), deleted_ranges as materialized (
    -- One value each, in which a time is looked up by halving.
    select d.schedule_id, range_agg(d.during) as during from almanac_private.deleted_history d
    where d.times is null and d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
    group by d.schedule_id
  ), found as (
    select 'missing' as problem, p.schedule_id, p.name, p.at,
      'It has no outcome: there is no run, and no gap includes it.' as detail
    from planned p
    where p.is_resolved
      and not exists (select from fired f where f.schedule_id = p.schedule_id and f.at = p.at)
      and not exists (select from members m where m.schedule_id = p.schedule_id and m.at = p.at)
      and not exists (
        select from almanac.occurrence_overrides o
        where o.schedule_id = p.schedule_id and o.scheduled_for = p.at and o.action = 'move' and o.done_at is null)
      and not exists (select from deleted_runs d where d.schedule_id = p.schedule_id and d.at = p.at)
      and not exists (select from deleted_ranges d where d.schedule_id = p.schedule_id and d.during @> p.at)
    union all
    select 'unknown zone', l.schedule_id, l.name, greatest(l.valid_from, check_ledger.range_start),
      format('This server does not know the time zone %s, so the times of the rule cannot be computed.', l.timezone)
    from lost l
    union all
    select 'twice', f.schedule_id, f.schedule_name, f.at,
      format('It has a run, which is %s, and also lies in a gap.', f.status)
    from fired f join members m on m.schedule_id = f.schedule_id and m.at = f.at
    union all
    select 'unplanned', f.schedule_id, f.schedule_name, f.at,
      format('It has a run, which is %s, but no rule named the time.', f.status)
    from fired f
    where not exists (select from planned p where p.schedule_id = f.schedule_id and p.at = f.at)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = f.schedule_id
        and v.valid_from < f.at)
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = f.schedule_id
        and o.scheduled_for = f.at)
      and not exists (
        select from lost l where l.schedule_id = f.schedule_id and l.valid_from <= f.at and l.valid_to >= f.at)
    union all
    select 'miscounted', o.schedule_id, o.schedule_name, lower(o.during),
      format('The gap up to %s (%s) counts %s occurrences, but the rule names %s.',
        almanac_private.spoken_time(upper(o.during), 'UTC'), o.reason, o.count,
        coalesce(m.count, 0))
    from gaps o left join (select m.id, count(*) from members m group by m.id) m on m.id = o.id
    where lower(o.during) >= check_ledger.range_start and upper(o.during) < check_ledger.range_end
      and o.count is distinct from coalesce(m.count, 0)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = o.schedule_id
        and v.valid_from < lower(o.during))
      and not exists (select from almanac.occurrence_overrides v where v.schedule_id = o.schedule_id
        and v.scheduled_for = lower(o.during))
      and not exists (
        select from lost l where l.schedule_id = o.schedule_id and l.valid_from <= upper(o.during)
          and l.valid_to >= lower(o.during))
    union all
    select 'overdue', s.id, s.name, s.next_scheduled_for,
      format('It has been due since %s but has not fired. Is a worker running?',
        almanac_private.spoken_time(s.next_run_at, 'UTC'))
    from almanac.schedules s
    where s.next_run_at < v_now - interval '1 minute' and (s.is_system or not almanac_private.is_stopped())
      and s.next_scheduled_for >= check_ledger.range_start
      and s.next_scheduled_for < check_ledger.range_end
  )
  select f.problem, f.schedule_id, f.name, f.at, f.detail from found f order by f.at, f.schedule_id, f.problem
    limit check_ledger.max_count;
end
$$;
comment on function almanac.check_ledger(timestamptz, timestamptz, integer) is
  'Recomputes which nominal times in [range_start, range_end) were named by the rules in force then, and compares '
  'them with the ledger: missing (no outcome), twice (two outcomes), unplanned (an outcome that no rule asked for), '
  'miscounted (a gap whose count is not what the rule names), overdue (due for over a minute), unknown zone (the '
  'server does not know the time zone of the rule, so it is not checked). No rows: every occurrence has exactly one '
  'outcome. What a schedule has not reached yet is not missing; nor is what was deleted, by purge() or manually.';
grant execute on function almanac.check_ledger(timestamptz, timestamptz, integer) to almanac_viewer;
