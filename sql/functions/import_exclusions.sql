create or replace function almanac.import_exclusions(calendar text, source text, entries jsonb) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(import_exclusions.calendar, true);
  v_count integer;
begin
  if jsonb_typeof(import_exclusions.entries) is distinct from 'array' or coalesce(import_exclusions.source, '') = '' then
    raise exception using errcode = 'AL009', message = 'An import needs the name of its source and an array of entries.',
      detail = format('source: %s, entries: %s.', coalesce(quote_literal(import_exclusions.source), 'null'), coalesce(jsonb_typeof(import_exclusions.entries), 'null')),
      hint = 'Give [{"starts_on": "2026-12-25", "label": "Christmas"}, …].';
  end if;
  delete from almanac.calendar_entries e where e.calendar_id = v_calendar.id and e.source = import_exclusions.source;
  insert into almanac.calendar_entries (calendar_id, label, starts_on, ends_on, starts_at, ends_at, cron_expression, duration, source)
  select v_calendar.id, r.label, r.starts_on, r.ends_on, r.starts_at, r.ends_at, r.cron_expression, r.duration, import_exclusions.source
  from jsonb_to_recordset(import_exclusions.entries)
    r(label text, starts_on date, ends_on date, starts_at timestamptz, ends_at timestamptz, cron_expression text, duration interval);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function almanac.import_exclusions(text, text, jsonb) is
  'Puts entries, given as columns of almanac.calendar_entries, into a calendar in the stead of those that came from the same source before; returns how many.';
grant execute on function almanac.import_exclusions(text, text, jsonb) to almanac_operator;
