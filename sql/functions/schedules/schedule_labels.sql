create or replace function almanac.schedule_labels(
  out tags text[], out creators text[], out tasks text[]
)
language sql stable
begin atomic
  with shown as materialized (select s.tags, s.created_by, s.task_identifier from almanac.schedules s)
  select
    array(select distinct t.tag from shown s cross join unnest(s.tags) t(tag) order by t.tag limit 1000),
    array(select distinct s.created_by from shown s order by s.created_by limit 1000),
    array(select distinct s.task_identifier from shown s order by s.task_identifier limit 1000);
end;
comment on function almanac.schedule_labels() is
  'What schedules, deleted ones too, can be told apart by: their tags, who created them, their tasks; the first 1,000 '
  'of each.';
grant execute on function almanac.schedule_labels() to almanac_viewer;
