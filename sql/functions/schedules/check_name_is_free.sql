create or replace function almanac_private.check_name_is_free(
  name text, schedule_id bigint default null, hint text default null
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_taken almanac.schedules;
begin
  select s.* into v_taken from almanac.schedules s
  where s.name = check_name_is_free.name and s.deleted_at is null
    and s.id is distinct from check_name_is_free.schedule_id;
  if v_taken.id is not null then
    raise exception using errcode = '23505', column = 'name', constraint = 'schedule_name_is_unique',
      message = format('A schedule %s already exists.', quote_literal(v_taken.name)),
      detail = format('It has id %s, is of kind %s, and was created by %s.', v_taken.id, v_taken.kind,
        v_taken.created_by),
      hint = coalesce(check_name_is_free.hint,
        'Choose another name; or change it: almanac.update_schedule(), or almanac.schedule_cron() and the like.');
  end if;
end
$$;
comment on function almanac_private.check_name_is_free(text, bigint, text) is
  'Raises 23505, as the index would, with words of its own, where another schedule has the name.';
grant execute on function almanac_private.check_name_is_free(text, bigint, text) to almanac_operator;
