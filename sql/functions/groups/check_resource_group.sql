create or replace function almanac_private.check_resource_group(
  name text, max_running integer, max_starts integer, starts_per interval, description text
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  v_field text := case
    when coalesce(length(check_resource_group.name), 0) not between 1 and 200 then 'name'
    when length(check_resource_group.description) > 10000 then 'description'
    when num_nonnulls(check_resource_group.max_running, check_resource_group.max_starts) = 0 then 'max_running'
    when check_resource_group.max_running not between 0 and 10000 then 'max_running'
    when check_resource_group.max_starts not between 1 and 100000 then 'max_starts'
    when num_nonnulls(check_resource_group.max_starts, check_resource_group.starts_per) = 1 then 'starts_per'
    when not almanac_private.is_length(check_resource_group.starts_per, '1 second', '7 days') then 'starts_per'
  end;
begin
  if v_field is not null then
    raise exception using errcode = 'AL019', column = v_field,
      message = case v_field
        when 'name' then 'A name has 1 to 200 characters.'
        when 'description' then 'A description has at most 10,000 characters.'
        when 'max_running' then case when check_resource_group.max_running is null
          then 'A resource group needs a limit.' else 'max_running must be between 0 and 10000.' end
        when 'max_starts' then 'max_starts must be between 1 and 100000.'
        else case when num_nonnulls(check_resource_group.max_starts, check_resource_group.starts_per) = 1
          then 'max_starts and starts_per go together.' else 'starts_per must be between 1 second and 7 days.' end end,
      detail = case when v_field in ('name', 'description')
        then format('%s: %s.', v_field, coalesce(quote_literal(left(check_resource_group.name, 100)), 'null'))
        else format('max_running: %s, max_starts: %s, starts_per: %s.',
          coalesce(check_resource_group.max_running::text, 'null'),
          coalesce(check_resource_group.max_starts::text, 'null'),
          coalesce(check_resource_group.starts_per::text, 'null')) end,
      hint = case v_field
        when 'name' then 'Put the rest into the description.'
        when 'description' then 'Shorten it.'
        when 'max_running' then 'max_running => 3 lets three runs go on at once; 0 lets none begin. For a rate only: '
          'max_starts => 100, starts_per => ''1 hour''.'
        else 'For a number of starts in a period: max_starts => 100, starts_per => ''1 hour''.' end;
  end if;
  perform almanac_private.check_name('name', check_resource_group.name);
end
$$;
comment on function almanac_private.check_resource_group(text, integer, integer, interval, text) is
  'Raises AL019 for a name or a limit of a resource group that is out of its bounds.';
grant execute on function almanac_private.check_resource_group(text, integer, integer, interval, text)
  to almanac_viewer;
