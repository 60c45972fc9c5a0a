-- Definer: reads and writes a table that is the owner's.
create or replace function almanac_private.enter_place(environment text) returns text
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_from text := almanac.copied_from();
  v_environment text;
begin
  if v_from is not null then
    return format('This database is a copy of %s.', v_from);
  end if;
  if enter_place.environment is not null then
    update almanac_private.place p set environment = enter_place.environment where p.environment is null;
  end if;
  select p.environment into v_environment from almanac_private.place p;
  if v_environment is distinct from enter_place.environment then
    return format('This database belongs to the environment %s, but ALMANAC_ENVIRONMENT is %s here.', v_environment,
      coalesce(enter_place.environment, 'not set'));
  end if;
  return null;
end
$$;
comment on function almanac_private.enter_place(text) is
  'What a worker asks before it starts: why it may not work here; null: it may. environment: its ALMANAC_ENVIRONMENT, '
  'noted when it is the first one given; null: none. It tells a copy that has the same place, as a snapshot of all '
  'data has.';
grant execute on function almanac_private.enter_place(text) to almanac_worker;
