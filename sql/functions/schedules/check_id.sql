create or replace function almanac_private.check_id(id bigint) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if check_id.id <= 0 then
    raise exception using errcode = 'AL019', column = 'id', message = 'An id is a positive number.',
      detail = format('id: %s.', check_id.id), hint = 'Omit it: PostgreSQL assigns one.';
  end if;
end
$$;
comment on function almanac_private.check_id(bigint) is
  'Raises AL019 for an id that no sequence gives, where the constraint of the table would show its name and the row.';
grant execute on function almanac_private.check_id(bigint) to almanac_viewer;
