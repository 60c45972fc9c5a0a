-- Definer: reads settings that no one else may.
create or replace function almanac_private.check_at_once(limit_name text, of_role name, whose text, held bigint)
returns void
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_most bigint := almanac_private.limit_for(check_at_once.limit_name, check_at_once.of_role);
begin
  if check_at_once.held > v_most then
    raise exception using errcode = 'AL028', message = almanac_private.use_note(check_at_once.limit_name, v_most),
      detail = format('%s would have %s.', check_at_once.whose, check_at_once.held),
      hint = format('Delete what is not needed. Admins have no limit, and the owner of the schema can change it: %s '
        'in almanac_private.settings.', check_at_once.limit_name);
  end if;
end
$$;
comment on function almanac_private.check_at_once(text, name, text, bigint) is
  'Raises AL028 if there would be more of something than the setting of this name allows.';
grant execute on function almanac_private.check_at_once(text, name, text, bigint) to almanac_operator;
