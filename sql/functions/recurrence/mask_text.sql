create or replace function almanac_private.mask_text(mask bigint) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
return (
  select string_agg(case r.many when 1 then r.least::text when 2 then r.least || ',' || r.most
    else r.least || '-' || r.most end, ',' order by r.least)
  from (
    select min(v.value) as least, max(v.value) as most, count(*) as many
    from (
      select n.value, n.value - row_number() over (order by n.value) as run
      from generate_series(0, 59) n(value) where mask >> n.value & 1 = 1
    ) v
    group by v.run
  ) r);
comment on function almanac_private.mask_text(bigint) is
  'The values of a mask, whose bit n stands for n, as a field of a cron text: 1-5, or 0,30.';
grant execute on function almanac_private.mask_text(bigint) to almanac_viewer;
