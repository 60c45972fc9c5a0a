-- Called by fire_due, with its rights and its settings. Only for what stays due for longer than a moment: a herd that
-- is fired in parts, one call after the other, writes nothing here. The caller has locked the schedules, so no one else
-- writes their rows.
create or replace function almanac_private.note_held_up(
  held_up almanac_private.held_up[], moved_ids bigint[], as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.held_up h where h.schedule_id = any (note_held_up.moved_ids);
  insert into almanac_private.held_up as h (schedule_id, due_at, since, reason, detail)
  select n.schedule_id, n.due_at, n.since, n.reason, n.detail from unnest(note_held_up.held_up) n
  where n.due_at < note_held_up.as_of - interval '2 seconds'
  on conflict (schedule_id) do update
  set due_at = excluded.due_at, reason = excluded.reason, detail = excluded.detail,
    since = case when h.due_at = excluded.due_at and h.reason = excluded.reason then h.since else excluded.since end
  where (h.due_at, h.reason, h.detail) is distinct from (excluded.due_at, excluded.reason, excluded.detail);
end
$$;
comment on function almanac_private.note_held_up(almanac_private.held_up[], bigint[], timestamptz) is
  'Notes which schedules a call of fire_due has left due, since when and why, and forgets those that it has moved on.';
