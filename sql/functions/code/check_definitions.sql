create or replace function almanac_private.check_definitions(owner text, definitions jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most_bytes constant integer := 4000000;
  v_most constant integer := 1000;
begin
  perform almanac_private.check_codebase(check_definitions.owner);
  if jsonb_typeof(check_definitions.definitions) is distinct from 'array' then
    raise exception using errcode = 'AL009', column = 'definitions', message = 'The definitions are not a JSON array.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(check_definitions.definitions), 'null')),
      hint = 'Pass [{"name": …}, …], or [] for none at all.';
  elsif pg_column_size(check_definitions.definitions) > v_most_bytes
    or jsonb_array_length(check_definitions.definitions) > v_most then
    raise exception using errcode = 'AL019', column = 'definitions',
      message = format('Code may define at most %s schedules, in %s bytes.', v_most, v_most_bytes),
      detail = format('These are %s, in %s bytes.', jsonb_array_length(check_definitions.definitions),
        pg_column_size(check_definitions.definitions)),
      hint = 'Divide them among several owners, such as app/billing and app/reports.';
  end if;
end
$$;
comment on function almanac_private.check_definitions(text, jsonb) is
  'Raises AL009 or AL019 for what is not an array of definitions, or has more than are taken at once.';
grant execute on function almanac_private.check_definitions(text, jsonb) to almanac_viewer;
