create or replace function almanac.create_schedule(definition jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.save_schedule(create_schedule.definition);
end
$$;
comment on function almanac.create_schedule(jsonb) is
  'Creates a schedule from columns of almanac.schedules and their values, as JSON. What is left out gets its default.';
grant execute on function almanac.create_schedule(jsonb) to almanac_operator;
