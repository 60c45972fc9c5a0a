create or replace function almanac.runs_roll_up(run almanac.runs) returns almanac.roll_up
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_counts jsonb;
  v_roll_up almanac.roll_up;
begin
  if run.children is null then
    return null;
  end if;
  v_counts := coalesce(run.final_counts, almanac_private.count_children(run.id, run.scheduled_for), '{}');
  v_roll_up := jsonb_populate_record(null::almanac.roll_up,
    '{"waiting": 0, "queued": 0, "running": 0, "retrying": 0, "succeeded": 0, "failed": 0, "timed_out": 0, '
    '"cancelled": 0, "skipped": 0}'
    || v_counts);
  v_roll_up.total := run.children;
  v_roll_up.unfinished := case when run.finished_at is null then run.children else 0 end
    - case when run.finished_at is null
      then v_roll_up.succeeded + v_roll_up.failed + v_roll_up.timed_out + v_roll_up.cancelled + v_roll_up.skipped
      else 0 end;
  v_roll_up.progress := 1 - v_roll_up.unfinished::real / greatest(run.children, 1);
  return v_roll_up;
end
$$;
comment on function almanac.runs_roll_up(almanac.runs) is
  'How many children of a parent run are in each state, at this moment; null: it has none.';
grant execute on function almanac.runs_roll_up(almanac.runs) to almanac_viewer;
