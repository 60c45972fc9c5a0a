create or replace function almanac_private.check_given(tab regclass, given jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_missing record;
begin
  select a.attname as name, pg_get_expr(d.adbin, d.adrelid) as standard into v_missing
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = check_given.tab and a.attnum > 0 and a.attnotnull and not a.attisdropped and a.attidentity = ''
    and check_given.given -> a.attname = 'null'
  order by a.attnum limit 1;
  if v_missing.name is not null then
    raise exception using errcode = 'AL019', column = v_missing.name,
      message = format('%s must not be null.', v_missing.name),
      detail = format('%s of a row of %s.', v_missing.name, check_given.tab),
      hint = coalesce('Omit it: its default is ' || v_missing.standard || '.', 'Set it to a value.');
  end if;
end
$$;
comment on function almanac_private.check_given(regclass, jsonb) is
  'Raises AL019 for the first column of a row that has no value and must have one.';
grant execute on function almanac_private.check_given(regclass, jsonb) to almanac_viewer;
