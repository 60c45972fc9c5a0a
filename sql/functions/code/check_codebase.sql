create or replace function almanac_private.check_codebase(owner text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if coalesce(check_codebase.owner, '') = '' or length(check_codebase.owner) > 100 then
    raise exception using errcode = 'AL019', column = 'owner',
      message = 'The name of the code that owns the schedules must have 1 to 100 characters.',
      detail = format('owner: %s.', coalesce(quote_literal(left(check_codebase.owner, 100)), 'null')),
      hint = 'For example app, or the name of the repository.';
  end if;
  perform almanac_private.check_name('owner', check_codebase.owner);
end
$$;
comment on function almanac_private.check_codebase(text) is
  'Raises AL019 for what cannot be the name of code that defines schedules.';
grant execute on function almanac_private.check_codebase(text) to almanac_viewer;
