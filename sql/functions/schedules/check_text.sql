create or replace function almanac_private.check_text(field text, value text, most integer) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if length(check_text.value) > check_text.most then
    raise exception using errcode = 'AL019', column = check_text.field,
      message = format('%s may have at most %s characters.', check_text.field, check_text.most),
      detail = format('This one has %s.', length(check_text.value)),
      hint = 'Shorten it, or store the rest elsewhere and link to it.';
  elsif check_text.value is distinct from almanac_private.without_direction(check_text.value) then
    raise exception using errcode = 'AL019', column = check_text.field,
      message = format('%s has a character that changes the direction of text.', check_text.field),
      detail = format('Character %s.', (
        select min(n) from generate_series(1, length(check_text.value)) n
        where almanac_private.without_direction(substr(check_text.value, n, 1)) = '')),
      hint = 'Remove it: it would change the order in which the text next to it is read. Marks of direction (U+200E, '
        'U+200F) are allowed.';
  end if;
end
$$;
comment on function almanac_private.check_text(text, text, integer) is
  'Raises AL019 for a text that is too long, or that changes the order of what is next to it.';
grant execute on function almanac_private.check_text(text, text, integer) to almanac_viewer;
