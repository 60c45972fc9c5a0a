create or replace function almanac_private.fits_run_filter(
  run almanac.runs, schedule almanac.schedules, filter almanac_private.run_filter
) returns boolean
language sql stable
return (filter.ids is null or run.id = any (filter.ids))
  and (filter.schedule_id is null or run.schedule_id = filter.schedule_id)
  and (filter.task is null or run.task_identifier = filter.task)
  and (filter.tag is null or filter.tag = any (schedule.tags))
  and (filter.run_as is null or run.run_as = filter.run_as)
  and (filter.worker_id is null or run.worker_id = filter.worker_id)
  and (filter.trigger is null or run.trigger = filter.trigger)
  and (filter.status is null or run.status = any (filter.status))
  and (filter.since is null or run.scheduled_for >= filter.since)
  and (filter.until is null or run.scheduled_for < filter.until)
  and (filter.search is null or strpos(lower(run.schedule_name), lower(filter.search)) > 0
    or strpos(lower(run.error), lower(filter.search)) > 0)
  and (filter.schedule_search is null or strpos(lower(schedule.name), lower(filter.schedule_search)) > 0)
  and (filter.creator is null or schedule.created_by = filter.creator)
  and (filter.parent_id is null or run.parent_id = filter.parent_id)
  and (filter.without_children is not true or run.parent_id is null)
  and (filter.without_frequent is not true or not almanac.schedules_is_frequent(schedule));
comment on function almanac_private.fits_run_filter(
  almanac.runs, almanac.schedules, almanac_private.run_filter
) is 'Whether a run fits a filter. A plain expression, so that callers inline it.';
grant execute on function almanac_private.fits_run_filter(
  almanac.runs, almanac.schedules, almanac_private.run_filter
) to almanac_viewer;
