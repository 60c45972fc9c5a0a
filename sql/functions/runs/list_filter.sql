create or replace function almanac_private.list_filter(filter almanac_private.run_filter)
returns almanac_private.run_filter
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_filter almanac_private.run_filter := list_filter.filter;
begin
  v_filter.without_children := num_nonnulls(v_filter.parent_id, v_filter.ids, v_filter.worker_id) = 0
    and v_filter.trigger is distinct from 'workflow';
  -- They have the time of their parent.
  if v_filter.parent_id is not null then
    select greatest(v_filter.since, p.scheduled_for), least(v_filter.until, p.scheduled_for + interval '1 microsecond')
    into v_filter.since, v_filter.until from almanac.runs p where p.id = v_filter.parent_id;
  end if;
  return v_filter;
end
$$;
comment on function almanac_private.list_filter(almanac_private.run_filter) is
  'The filter of a list: without children, unless their parent, their numbers, their worker or all of them are asked '
  'for.';
grant execute on function almanac_private.list_filter(almanac_private.run_filter) to almanac_viewer;
