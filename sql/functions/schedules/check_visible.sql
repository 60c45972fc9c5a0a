create or replace function almanac_private.check_visible(field text, name text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  -- Soft hyphens, marks and overrides of direction, characters without width, separators of lines, tags.
  v_hidden text := substring(check_visible.name from
    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0'
    || '\U000e0000-\U000e007f]');
begin
  if v_hidden is not null then
    raise exception using errcode = 'AL019', column = check_visible.field,
      message = format('%s has an invisible character, or one that changes the direction of text.',
        check_visible.field),
      detail = format('Character %s is U+%s.', strpos(check_visible.name, v_hidden),
        lpad(upper(to_hex(ascii(v_hidden))), 4, '0')),
      hint = 'Remove it: names that look the same must be the same.';
  end if;
end
$$;
comment on function almanac_private.check_visible(text, text) is
  'Raises AL019 for a name with characters that have no width or override the direction of text, by which it could '
  'pass for another name.';
grant execute on function almanac_private.check_visible(text, text) to almanac_viewer;
