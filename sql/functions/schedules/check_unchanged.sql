create or replace function almanac_private.check_unchanged(
  schedule_id bigint, expected_updated_at timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found almanac.schedules;
begin
  if check_unchanged.expected_updated_at is null then
    return;
  end if;
  -- Locked, so that what is compared is what is then changed. Of one that may not be changed no row is found, and
  -- saving says so.
  select s.* into v_found from almanac.schedules s where s.id = check_unchanged.schedule_id for no key update;
  if v_found.updated_at <> check_unchanged.expected_updated_at then
    raise exception using errcode = 'AL029', column = 'updated_at',
      message = format('%s changed the schedule %s on %s.', v_found.updated_by, v_found.name,
        almanac_private.spoken_time(v_found.updated_at, 'UTC')),
      detail = format('Your copy is from %s.',
        almanac_private.spoken_time(check_unchanged.expected_updated_at, 'UTC')),
      hint = 'Check its current state, then save your changes again or discard them.';
  end if;
end
$$;
comment on function almanac_private.check_unchanged(bigint, timestamptz) is
  'Refuses (AL029) where someone has changed a schedule since it was read, as its updated_at was then; null: does not '
  'look. Locks the schedule.';
grant execute on function almanac_private.check_unchanged(bigint, timestamptz) to almanac_operator;
