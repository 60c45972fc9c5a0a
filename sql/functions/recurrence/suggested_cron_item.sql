create or replace function almanac_private.suggested_cron_item(field integer, item text) returns text
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_item text := almanac_private.upper_ascii(suggested_cron_item.item);
  v_names text[] := case suggested_cron_item.field
    when 5 then '{JANUARY,FEBRUARY,MARCH,APRIL,MAY,JUNE,JULY,AUGUST,SEPTEMBER,OCTOBER,NOVEMBER,DECEMBER}'::text[]
    when 6 then '{SUNDAY,MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY}'
  end;
begin
  if (almanac_private.parse_cron_item(suggested_cron_item.field, v_item)).message is null then
    return suggested_cron_item.item;
  end if;
  v_item := regexp_replace(v_item, '^([*]{2}|H(?=/))', '*');
  v_item := regexp_replace(v_item, '^([*]|/)(\d+)$', '*/\2');
  v_item := regexp_replace(v_item, '^(\w+)(?:\.\.+|_)(\w+)$', '\1-\2');
  if v_item = 'H' then
    return case when suggested_cron_item.field in (4, 5) then '1' else '0' end;
  end if;
  v_item := case suggested_cron_item.field
    when 3 then case
      when v_item = '24' then '0'
      when v_item ~ '^(0?[1-9]|1[0-2])(AM|PM)$' then
        (substring(v_item from '\d+')::integer % 12 + case when v_item ~ 'PM' then 12 else 0 end)::text
      else regexp_replace(v_item, '-24(?=$|/)', '-23')
    end
    when 4 then case when v_item in ('$', 'LAST') then 'L' when v_item = 'WL' then 'LW' else v_item end
    when 5 then v_item
    when 6 then case
      when v_item ~ '^(WEEK|WORK|BUSINESS)DAYS?$' then 'MON-FRI'
      when v_item ~ '^WEEKENDS?$' then 'SAT,SUN'
      else regexp_replace(regexp_replace(v_item, '^L([0-7]|[A-Z]{3,})$', '\1#L'), '#LAST$', '#L')
    end
    else regexp_replace(v_item, '-60(?=$|/)', '-59')
  end;
  if v_names is not null and v_item !~ '^(MON-FRI|SAT,SUN)$' then
    v_item := (
      select string_agg(coalesce((
          select min(left(n, 3)) from unnest(v_names) n
          where m.part[1] ~ '^[A-Z]{2,}$' and (n like m.part[1] || '%' or n || 'S' = m.part[1]) having count(*) = 1),
            m.part[1]),
        '' order by m.position)
      from regexp_matches(v_item, '[A-Z]+|[^A-Z]+', 'g') with ordinality m(part, position)
    );
  end if;
  return replace(v_item, '#L', 'L');
end
$$;
comment on function almanac_private.suggested_cron_item(integer, text) is
  'An invalid item of a cron field as it may be meant: MONDAY as MON, 24 as 0, /5 as */5, $ as L. Unchanged if there '
  'is not a good guess.';
grant execute on function almanac_private.suggested_cron_item(integer, text) to almanac_viewer;
