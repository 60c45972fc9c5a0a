create or replace function almanac_private.check_name(field text, name text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_subject constant text := case check_name.field when 'tags' then 'A tag'
    when 'saved_views' then 'The name of a view' else 'A name' end;
  -- Listed, as what [[:space:]] and [[:cntrl:]] have beyond ASCII depends on the locale of the database.
  v_others constant text := '\u0080-\u00a0\u1680\u2000-\u200a\u202f\u205f';
begin
  if check_name.name ~ ('^[ \u3000]|[ \u3000]$|[ \u3000]{2}|[[:cntrl:]' || v_others || ']') then
    raise exception using errcode = 'AL019', column = check_name.field,
      message = format('%s must not start or end with a space, nor contain two in a row, other kinds of spaces, line '
        'breaks or tabs.', v_subject),
      detail = format('%s: %L.', check_name.field, left(check_name.name, 200)),
      hint = coalesce('Did you mean ' || quote_literal(nullif(btrim(regexp_replace(check_name.name,
        '[[:cntrl:][:space:]' || v_others || ']+', ' ', 'g')), '')) || '?', 'Use letters or digits.');
  elsif check_name.name is not nfc normalized then
    raise exception using errcode = 'AL019', column = check_name.field,
      message = format('%s must be normalized: its letters and their accents are one character each (NFC).',
        v_subject),
      detail = format('%s: %L.', check_name.field, left(check_name.name, 200)),
      hint = format('Use normalize(%L, NFC).', left(check_name.name, 200));
  end if;
  perform almanac_private.check_visible(check_name.field, check_name.name);
end
$$;
comment on function almanac_private.check_name(text, text) is
  'Raises AL019 for a name that would not be read as it is written, or that looks like another one: its spaces are '
  'single, its characters are seen, and each has one form. Of schedules, calendars, tags, users and views.';
grant execute on function almanac_private.check_name(text, text) to almanac_viewer;
