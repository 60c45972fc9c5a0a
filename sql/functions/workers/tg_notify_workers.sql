create or replace function almanac_private.tg_notify_workers() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_changed bigint[];
begin
  if tg_op = 'INSERT' then
    v_changed := array(select n.id from new_rows n order by n.id);
  elsif tg_op = 'DELETE' then
    v_changed := array(select o.id from old_rows o order by o.id);
  else
    v_changed := array(select n.id from new_rows n join old_rows o on o.id = n.id where n.status <> o.status
      or (n.takes_nothing_since is null) <> (o.takes_nothing_since is null) order by n.id);
  end if;
  perform almanac_private.notify_changed('almanac_workers', v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_notify_workers() is
  'After workers were added or removed, changed status, or stopped or resumed taking jobs: notifies browsers, once. '
  'A heartbeat changes none of that.';
