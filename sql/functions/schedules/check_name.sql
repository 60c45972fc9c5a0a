create or replace function almanac_private.check_name(name text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if check_name.name ~ '^\s|\s$|[[:cntrl:]]' then
    raise exception using errcode = 'AL019', column = 'name',
      message = 'A name must not start or end with a space, nor contain line breaks or tabs.',
      detail = format('name: %L.', left(check_name.name, 200)),
      hint = coalesce(
        'Perhaps '
          || quote_literal(nullif(btrim(regexp_replace(check_name.name, '[[:cntrl:][:space:]]+', ' ', 'g')), ''))
          || '.',
        'Give letters or digits.');
  end if;
  perform almanac_private.check_visible('name', check_name.name);
end
$$;
comment on function almanac_private.check_name(text) is
  'Raises AL019 for a name of a schedule that would not be read as it is written.';
grant execute on function almanac_private.check_name(text) to almanac_viewer;
