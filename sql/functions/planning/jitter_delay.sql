create or replace function almanac_private.jitter_delay(
  schedule_id bigint, scheduled_for timestamptz, jitter interval, due_at timestamptz, next_due_at timestamptz
) returns interval
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := round(date_part('epoch', jitter_delay.jitter) * 1000);
begin
  if jitter_delay.schedule_id is null then
    return interval '0';
  end if;
  if jitter_delay.next_due_at is not null then
    v_most :=
      least(v_most, floor(extract(epoch from jitter_delay.next_due_at - jitter_delay.due_at) * 1000)::bigint - 1);
  end if;
  return make_interval(secs => case when v_most <= 0 then 0
    else ('x' || left(md5(schedule_id || ':' || floor(extract(epoch from jitter_delay.scheduled_for))), 13))::bit(
      52)::bigint % (v_most + 1) / 1000.0 end);
end
$$;
comment on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz) is
  'How much later than due_at an occurrence is due: h mod (J + 1) milliseconds, where h comes from the md5 of '
  'schedule and nominal second, and J is the jitter, cut to 1 ms less than the distance to the next due time. Zero '
  'for a schedule without an id, which is not saved yet.';
grant execute on function almanac_private.jitter_delay(bigint, timestamptz, interval, timestamptz, timestamptz)
  to almanac_viewer;
