create or replace function almanac_private.record_omission(
  schedule_id bigint, schedule_name text, first timestamptz, last timestamptz, count bigint,
  reason almanac.omission_reason, follows timestamptz, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.omissions o
  set during = tstzrange(lower(o.during), record_omission.last, '[]'), count = o.count + record_omission.count
  where o.schedule_id = record_omission.schedule_id and o.reason = record_omission.reason
    and o.during @> record_omission.follows and upper(o.during) = record_omission.follows;
  if not found then
    insert into almanac.omissions (schedule_id, schedule_name, during, reason, count, recorded_at)
    values (record_omission.schedule_id, record_omission.schedule_name,
      tstzrange(record_omission.first, record_omission.last, '[]'),
      record_omission.reason, record_omission.count, record_omission.as_of);
  end if;
end
$$;
comment on function almanac_private.record_omission(
  bigint, text, timestamptz, timestamptz, bigint, almanac.omission_reason, timestamptz, timestamptz
) is
  'Records a gap: a range of occurrences without a run. Extends the gap that ends at `follows`, the occurrence '
  'before the first, if it has the same reason.';
