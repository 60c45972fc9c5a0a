create or replace function almanac_private.why_unnamed(
  schedule almanac.schedules, rule almanac.schedules, valid_from timestamptz, moment timestamptz, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lines text[];
  v_back interval;
  v_before timestamptz;
  v_run almanac.runs;
begin
  if rule.kind is null then
    v_lines := array[format('%s had no rule at %s: %s.', schedule.name, almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone), case
      when why_unnamed.moment < schedule.created_at then format('it was created at %s', almanac_private.spoken_time(schedule.created_at, why_unnamed.timezone))
      when schedule.kind = 'manual' then 'it runs only when triggered'
      when schedule.deleted_at <= why_unnamed.moment then format('it was deleted at %s', almanac_private.spoken_time(schedule.deleted_at, why_unnamed.timezone))
      else 'it was disabled or deleted, or it is from before rules were kept' end)];
  else
    -- Dense rules have one close by, and too many further on.
    foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '9600 hours'] loop
      v_before := (select max(o.at) from almanac_private.occurrences_between(rule,
        greatest(why_unnamed.valid_from + interval '1 microsecond', why_unnamed.moment - v_back), why_unnamed.moment, null) o(at));
      exit when v_before is not null or why_unnamed.moment - v_back < why_unnamed.valid_from;
    end loop;
    v_lines := array[
      format('The rule of %s names no time at %s.', schedule.name, almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone)),
      format('Before it: %s. After it: %s.', coalesce(almanac_private.spoken_time(v_before, why_unnamed.timezone), 'none within 400 days'),
        coalesce(almanac_private.spoken_time(almanac_private.next_occurrence(rule, why_unnamed.moment), why_unnamed.timezone), 'none'))];
  end if;
  -- Of what was due before, as far as it is worth looking.
  for v_run in
    select p.* from (
      select r.* from almanac.runs r where r.schedule_id = (why_unnamed.schedule).id and r.scheduled_for <= why_unnamed.moment
      order by r.scheduled_for desc limit 1000
    ) p
    where p.started_at <= why_unnamed.moment and coalesce(p.finished_at, 'infinity') >= why_unnamed.moment order by p.id limit 10
  loop
    v_lines := v_lines || format('Run %s, for %s, was going on then.', v_run.id, almanac_private.spoken_time(v_run.scheduled_for, why_unnamed.timezone));
  end loop;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_unnamed(almanac.schedules, almanac.schedules, timestamptz, timestamptz, text) is
  'Explains in words what there is around a time that a rule (of null kind: none) does not name.';
