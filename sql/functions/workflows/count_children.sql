-- Without a set clause, so that callers inline it.
create or replace function almanac_private.count_children(parent_id bigint, scheduled_for timestamptz) returns jsonb
language sql stable
return (
  select jsonb_object_agg(c.status, c.count) from (
    select r.status, count(*) as count from almanac.runs r
    where r.parent_id = count_children.parent_id and r.scheduled_for = count_children.scheduled_for
    group by r.status) c);
comment on function almanac_private.count_children(bigint, timestamptz) is
  'How many children a parent run has in each state, {"succeeded": 5}; null: none. Of one time: their partition.';
grant execute on function almanac_private.count_children(bigint, timestamptz) to almanac_viewer;
