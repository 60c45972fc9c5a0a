-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.why(schedule text, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint := (
    select s.id from almanac.schedules s where s.name = why.schedule
    order by s.deleted_at is not null, s.deleted_at desc, s.id desc limit 1);
begin
  if v_id is null then
    v_id := (almanac_private.find_schedule(why.schedule)).id;
  end if;
  return almanac_private.why_at(v_id, why.moment);
end
$$;
comment on function almanac.why(text, timestamptz) is
  'Explains in words why a schedule ran, or did not run, at a time: its rule then, its outcome, and what decided it. '
  'The time must be exact: the nominal time of an occurrence, or the one at which it was due. For any other time it '
  'says what comes before and after, and what was running.';
grant execute on function almanac.why(text, timestamptz) to almanac_viewer;
