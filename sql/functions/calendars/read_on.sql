-- Definer: writes entries of calendars that are other people's, on behalf of the worker.
create or replace function almanac_private.read_on(
  rule_id bigint, known_from timestamptz, entries jsonb, known_until timestamptz
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
  v_count integer;
begin
  select r.* into v_rule from almanac.calendar_rules r
  where r.id = read_on.rule_id and r.known_until = read_on.known_from for update skip locked;
  if v_rule.id is null then
    return 0; -- another worker does it, its owner changes it, or it is gone
  end if;
  perform set_config('almanac.system', 'on', true);
  update almanac.calendar_rules r set known_until = read_on.known_until where r.id = v_rule.id;
  insert into almanac.calendar_entries (calendar_id, label, starts_on, ends_on, starts_at, ends_at, rule_id, source)
  select v_rule.calendar_id, e.label, e.starts_on, e.ends_on, e.starts_at, e.ends_at, v_rule.id, v_rule.source
  from jsonb_to_recordset(read_on.entries) e(label text, starts_on date, ends_on date, starts_at timestamptz,
    ends_at timestamptz);
  get diagnostics v_count = row_count;
  perform set_config('almanac.system', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) is
  'Adds the entries that a worker has read from a rule after known_from, and records how far it is now known; null: '
  'it has ended. Returns how many entries were added.';
grant execute on function almanac_private.read_on(bigint, timestamptz, jsonb, timestamptz) to almanac_worker;
