create or replace function almanac_private.local_span(
  first timestamp, last timestamp, day date, joint text default 'to'
) returns text
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_time text := case when date_part('second', first) = 0 and date_part('second', last) = 0 then 'HH24:MI'
    else 'HH24:MI:SS' end;
begin
  return to_char(first, case when first::date <> day then 'YYYY-MM-DD ' else '' end || v_time)
    || case when last <> first
      then format(' %s %s', joint,
        to_char(last, case when last::date <> first::date then 'YYYY-MM-DD ' else '' end || v_time))
      else ''
    end;
end
$$;
comment on function almanac_private.local_span(timestamp, timestamp, date, text) is
  'Two local times in words: 02:00 to 02:45, or one if they are the same; with the date where it is not the given day.';
grant execute on function almanac_private.local_span(timestamp, timestamp, date, text) to almanac_viewer;
