create or replace function almanac_private.save_schedule(
  definition jsonb, schedule_id bigint default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_columns text;
  v_read almanac.schedules := almanac_private.read_definition(save_schedule.definition);
  v_saved almanac.schedules;
begin
  v_columns := (select string_agg(quote_ident(k), ', ' order by k) from jsonb_object_keys(save_schedule.definition) k);
  if v_read.name is not null then
    perform almanac_private.check_name_is_free(v_read.name, save_schedule.schedule_id);
  end if;
  if save_schedule.schedule_id is null then
    v_columns := coalesce(v_columns, 'name'); -- of nothing at all: it is said what a schedule needs
    execute format('insert into almanac.schedules (%1$s) select %1$s from (select $1.*) d returning *', v_columns)
      using v_read into v_saved;
  else
    if v_columns is not null then
      execute format('update almanac.schedules s set (%1$s) = row(%2$s) where s.id = $2 returning s.*', v_columns,
        (select string_agg('($1).' || quote_ident(k), ', ' order by k)
          from jsonb_object_keys(save_schedule.definition) k))
        using v_read, save_schedule.schedule_id into v_saved;
    else
      select s.* into v_saved from almanac.schedules s where s.id = save_schedule.schedule_id;
    end if;
    if v_saved.id is null then
      perform almanac_private.refuse_change(save_schedule.schedule_id);
    end if;
  end if;
  return v_saved;
end
$$;
comment on function almanac_private.save_schedule(jsonb, bigint) is
  'Inserts a schedule, or updates the given columns of one, with the rights of the caller.';
grant execute on function almanac_private.save_schedule(jsonb, bigint) to almanac_operator;
