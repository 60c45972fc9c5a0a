create or replace function almanac_private.why_unnamed(
  schedule almanac.schedules, rule almanac.schedules, valid_from timestamptz, moment timestamptz, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lines text[];
  v_near record;
  v_run almanac.runs;
begin
  if rule.kind is null then
    v_lines :=
      array[format(case
        when why_unnamed.moment < schedule.created_at
          then '%1$s did not exist on %2$s; it was created on %3$s.'
        when schedule.kind = 'manual' then '%1$s had no rule on %2$s: it runs only when triggered.'
        when schedule.deleted_at <= why_unnamed.moment
          then '%1$s no longer existed on %2$s; it was deleted on %4$s.'
        else '%1$s had no rule on %2$s: it was disabled or deleted, or it dates from before rules were kept.' end,
      schedule.name, almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone),
      almanac_private.recorded_time(schedule.created_at, why_unnamed.timezone),
      almanac_private.recorded_time(schedule.deleted_at, why_unnamed.timezone))];
  else
    select n.* into v_near from almanac_private.nearest_occurrences(rule, why_unnamed.moment, why_unnamed.valid_from) n;
    v_lines := array[
      format('The rule of %s has no occurrence on %s.', schedule.name,
        almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone)),
      format('Before it: %s. After it: %s.',
        coalesce(almanac_private.spoken_time(v_near.before, why_unnamed.timezone), 'none within 400 days'),
        coalesce(almanac_private.spoken_time(v_near.after, why_unnamed.timezone), 'none'))];
  end if;
  if almanac_private.is_stopped() and not (why_unnamed.schedule).is_system
    and why_unnamed.moment > (why_unnamed.schedule).cursor_at then
    v_lines := v_lines || 'All schedules are paused: nothing after it runs either, until almanac.resume_all().'::text;
  end if;
  -- Of what was due before, as far as it is worth looking.
  for v_run in
    select p.* from (
      select r.* from almanac.runs r where r.schedule_id = (why_unnamed.schedule).id and r.parent_id is null
        and r.scheduled_for <= why_unnamed.moment
      order by r.scheduled_for desc limit 1000
    ) p
    where p.started_at <= why_unnamed.moment and coalesce(p.finished_at, 'infinity') >= why_unnamed.moment
      order by p.id limit 10
  loop
    v_lines := v_lines || format('Run %s, for %s, was running then.', v_run.id,
      almanac_private.spoken_time(v_run.scheduled_for, why_unnamed.timezone));
  end loop;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_unnamed(almanac.schedules, almanac.schedules, timestamptz, timestamptz, text) is
  'Explains in words what surrounds a time that a rule (null kind: none) does not name.';
