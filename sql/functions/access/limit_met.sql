-- Definer: reads what is put off, which no one else may. For every page of a browser, so without counting.
create or replace function almanac_private.limit_met(
  out who text, out limit_name text, out most bigint, out schedules bigint, out until timestamptz
)
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select almanac_private.account_label(p.account), p.limit_name, almanac_private.limit_for(p.limit_name, p.account),
    p.count, p.until
  from almanac_private.put_off_by_limit() p order by p.count desc, p.account, p.limit_name limit 1;
end;
comment on function almanac_private.limit_met() is
  'The role or user, in words, with most schedules that are put off because it has met a limit, and which; null: '
  'none is.';
grant execute on function almanac_private.limit_met() to almanac_viewer;
