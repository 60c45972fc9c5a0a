-- Before a definition is taken apart and put together again, each of which copies all of it. A payload whose text has
-- 262,144 bytes takes up to 1 MB, and the other columns have bounds of their own.
create or replace function almanac_private.check_definition_size(definition jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 2000000;
begin
  if pg_column_size(check_definition_size.definition) > v_most then
    raise exception using errcode = 'AL019',
      column = case when check_definition_size.definition ? 'payload' then 'payload' else 'definition' end,
      message = format('A definition, including its payload, may have at most %s bytes.', v_most),
      detail = format('This one has %s.', pg_column_size(check_definition_size.definition)),
      hint = 'If it is the payload, store the data elsewhere, and pass its key or URL.';
  end if;
end
$$;
comment on function almanac_private.check_definition_size(jsonb) is
  'Raises AL019 for a definition that is larger than any that could be saved.';
grant execute on function almanac_private.check_definition_size(jsonb) to almanac_viewer;
