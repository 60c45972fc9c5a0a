-- Replaces what one source gave before, in one statement of the caller's: so an import that runs each night changes
-- nothing where nothing changed outside, and what people added themselves, or another file, stays.
--
-- Series of a file are kept twice: as the entries that it says for the next years, which is what the engine reads, and
-- as rules, the text of the series, from which further entries are made when known_until comes near. An entry names its
-- rule by its place in the array, as the rule has no id yet. All bounds are asked first, and what PostgreSQL says of a
-- value is told as an error of the import.
create or replace function almanac.import_exclusions(
  calendar text, source text, entries jsonb, rules jsonb default '[]'
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(import_exclusions.calendar, true);
  v_rules bigint[];
  v_count integer;
  v_missing text;
  v_message text;
begin
  if jsonb_typeof(import_exclusions.entries) is distinct from 'array'
    or jsonb_typeof(import_exclusions.rules) is distinct from 'array'
    or coalesce(import_exclusions.source, '') = ''
  then
    raise exception using errcode = 'AL009',
      message = 'An import needs a source name and an array of entries.',
      detail = format('source: %s, entries: %s, rules: %s.', coalesce(quote_literal(import_exclusions.source), 'null'),
        coalesce(jsonb_typeof(import_exclusions.entries), 'null'),
        coalesce(jsonb_typeof(import_exclusions.rules), 'null')),
      hint = 'Pass [{"starts_on": "2026-12-25", "label": "Christmas"}, …].';
  elsif jsonb_array_length(import_exclusions.entries) > 10000 or jsonb_array_length(import_exclusions.rules) > 2000 then
    raise exception using errcode = 'AL012', message = 'An import takes at most 10,000 entries and 2,000 rules.',
      detail = format('entries: %s, rules: %s.', jsonb_array_length(import_exclusions.entries),
        jsonb_array_length(import_exclusions.rules)),
      hint = 'Omit past events, or import the file in parts under different names.';
  elsif exists (
    select from jsonb_to_recordset(import_exclusions.rules) r(ics text)
      where (r.ics is not null and length(r.ics) <= 100000) is not true)
  then
    raise exception using errcode = 'AL015',
      message = 'Each rule of an import needs the text of its series, with at most 100,000 characters.',
      detail = format('Lengths: %s.', (
        select string_agg(coalesce(length(r.ics)::text, 'null'), ', ')
          from jsonb_to_recordset(import_exclusions.rules) r(ics text))),
      hint = 'Pass {"label": …, "ics": "BEGIN:VEVENT…", "known_until": …}, or omit the series.';
  end if;
  v_missing := (
    select min(e.entry ->> 'rule') from jsonb_array_elements(import_exclusions.entries) e(entry)
    where jsonb_typeof(e.entry -> 'rule') = 'number'
      and not (e.entry -> 'rule')::numeric between 0 and jsonb_array_length(import_exclusions.rules) - 1);
  if v_missing is not null then
    raise exception using errcode = 'AL015', column = 'rule_id', message = format('There is no rule %s.', v_missing),
      detail = format('rules: %s.', jsonb_array_length(import_exclusions.rules)),
      hint = 'An entry refers to its rule by its index in the array, starting at 0.';
  end if;
  perform almanac_private.remove_imported(v_calendar.id, import_exclusions.source);
  with inserted as (
    insert into almanac.calendar_rules as c (calendar_id, label, ics, known_until, source, created_by)
    select v_calendar.id, almanac_private.without_direction(r.label), r.ics, r.known_until, import_exclusions.source,
      almanac_private.actor()
    from rows
      from (jsonb_to_recordset(import_exclusions.rules) as (label text, ics text,
      known_until timestamptz)) with ordinality r
    order by r.ordinality returning c.id
  ) select array_agg(i.id order by i.id) into v_rules from inserted i;
  insert into almanac.calendar_entries
    (calendar_id, label, starts_on, ends_on, starts_at, ends_at, cron_expression, duration, timezone, rule_id, source)
  select v_calendar.id, almanac_private.without_direction(r.label), r.starts_on, r.ends_on, r.starts_at, r.ends_at,
    r.cron_expression, r.duration, r.timezone,
    v_rules[r.rule + 1], import_exclusions.source
  from jsonb_to_recordset(import_exclusions.entries) r(label text, starts_on date, ends_on date, starts_at timestamptz,
    ends_at timestamptz,
    cron_expression text, duration interval, timezone text, rule integer);
  get diagnostics v_count = row_count;
  return v_count;
exception when invalid_parameter_value or invalid_text_representation or invalid_datetime_format
  or datetime_field_overflow or interval_field_overflow then
  get stacked diagnostics v_message = message_text;
  raise exception using errcode = sqlstate, message = format('The import is invalid: %s', v_message),
    detail = format('source: %s, entries: %s, rules: %s.', quote_literal(left(import_exclusions.source, 100)),
      jsonb_array_length(import_exclusions.entries), jsonb_array_length(import_exclusions.rules)),
    hint = 'Use entries like {"starts_on": "2026-12-25", "label": "Christmas"}, and times with their zone: '
      '2030-01-31T09:00:00+01:00.';
end
$$;
comment on function almanac.import_exclusions(text, text, jsonb, jsonb) is
  'Replaces the entries that a calendar has from a source by these, given as columns of almanac.calendar_entries; '
  'returns how many. rules: of series that continue after their entries, label, ics and known_until; an entry names '
  'its rule by the place in that array, from 0.';
grant execute on function almanac.import_exclusions(text, text, jsonb, jsonb) to almanac_operator;
