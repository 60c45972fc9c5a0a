create or replace function almanac_private.status_when_due(
  status almanac.schedule_status, kind almanac.schedule_kind, next_run_at timestamptz
) returns almanac.schedule_status
language sql immutable parallel safe
return case
  when kind = 'manual' then status
  when next_run_at is null and status = 'active' then 'completed'
  when next_run_at is not null and status = 'completed' then 'active'
  else status
end;
comment on function almanac_private.status_when_due(almanac.schedule_status, almanac.schedule_kind, timestamptz) is
  'The status of a schedule once it is known when it is next due: completed if never again. A plain expression, '
  'so that callers inline it.';
