create or replace function almanac_private.check_payload_fits(
  task text, payload jsonb, target almanac.schedule_target default 'task'
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_errors almanac_private.payload_error[] := case check_payload_fits.target
    when 'list' then almanac_private.list_errors(check_payload_fits.task, check_payload_fits.payload)
    else almanac_private.task_errors(check_payload_fits.task, check_payload_fits.payload) end;
begin
  if v_errors <> '{}' then
    raise exception using errcode = 'AL006', column = 'payload',
      message = format('The payload does not fit the task %s.', check_payload_fits.task),
      detail = (
        select string_agg(format('%s %s', coalesce(nullif(left(e.path, 200), ''), 'The payload'),
          almanac_private.error_text(e.found, e.wanted)), '; ' order by e.n)
        from unnest(v_errors[:5]) with ordinality e(path, found, wanted, n)
      ) || case when cardinality(v_errors) > 5 then format('; and %s more.', cardinality(v_errors) - 5) else '.' end,
      hint = concat((select format('For example %s. ', t.payload_schema -> 'examples' -> 0)
          from almanac_private.known_tasks t
          where t.identifier = check_payload_fits.task and length(t.payload_schema -> 'examples' ->> 0) <= 500),
        format('See: select payload_schema from almanac.tasks where identifier = %L.', check_payload_fits.task));
  end if;
end
$$;
comment on function almanac_private.check_payload_fits(text, jsonb, almanac.schedule_target) is
  'Raises AL006, with the places, for a payload that does not fit the schema of its task.';
grant execute on function almanac_private.check_payload_fits(text, jsonb, almanac.schedule_target) to almanac_viewer;
