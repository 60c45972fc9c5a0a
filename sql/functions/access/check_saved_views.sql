create or replace function almanac_private.check_saved_views(views jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_size constant int := octet_length(check_saved_views.views::text);
  v_names text[];
begin
  if (case
    when v_size > 16000 or jsonb_typeof(check_saved_views.views) <> 'array' then true
    when jsonb_array_length(check_saved_views.views) > 50 then true
    else exists (
      select from jsonb_array_elements(check_saved_views.views) v
      where case when jsonb_typeof(v) <> 'object' then true
        else jsonb_typeof(v -> 'name') is distinct from 'string' or length(v ->> 'name') not between 1 and 100
          -- A path within the client: it leads to no other host.
          or jsonb_typeof(v -> 'address') is distinct from 'string' or length(v ->> 'address') > 1000
          or v ->> 'address' !~ '^/calendar/[!-~]+$' or v - '{name,address}'::text[] <> '{}' end)
    end)
  then
    raise exception using errcode = 'AL019', column = 'saved_views',
      message = 'The saved views are invalid, or there are too many.',
      detail = format('%s bytes of JSON.', v_size),
      hint = 'Use at most 50 objects like {"name": "…", "address": "/calendar/…"}, 16,000 bytes in total.';
  end if;
  v_names := array(select v ->> 'name' from jsonb_array_elements(check_saved_views.views) v);
  if cardinality(v_names) <> (select count(distinct n) from unnest(v_names) n) then
    raise exception using errcode = 'AL019', column = 'saved_views', message = 'Two saved views have the same name.',
      detail = format('%s names.', cardinality(v_names)), hint = 'Rename or delete one.';
  end if;
  perform almanac_private.check_name('saved_views', n) from unnest(v_names) n;
end
$$;
comment on function almanac_private.check_saved_views(jsonb) is
  'Raises AL019 unless they are views of the calendar that a user may keep: an array of names and addresses.';
grant execute on function almanac_private.check_saved_views(jsonb) to almanac_admin;
