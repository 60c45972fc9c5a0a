create or replace function almanac_private.check_calendar_name_is_free(name text, calendar_id bigint default null)
returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_taken almanac.exclusion_calendars;
begin
  select c.* into v_taken from almanac.exclusion_calendars c
  where c.name = check_calendar_name_is_free.name and c.id is distinct from check_calendar_name_is_free.calendar_id;
  if v_taken.id is not null then
    raise exception using errcode = '23505', column = 'name', constraint = 'calendar_name_is_unique',
      message = format('A calendar %s already exists.', quote_literal(v_taken.name)),
      detail = format('It has id %s, and was created by %s.', v_taken.id, v_taken.created_by),
      hint = 'Choose another name; or change it: almanac.update_calendar(), almanac.exclude_dates() and the like.';
  end if;
end
$$;
comment on function almanac_private.check_calendar_name_is_free(text, bigint) is
  'Raises 23505, as the index would, with words of its own, where another calendar has the name.';
grant execute on function almanac_private.check_calendar_name_is_free(text, bigint) to almanac_operator;
