create or replace function almanac_private.next_free_name(name text) returns text
language sql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
  select c.name
  from generate_series(2, 1000) n,
    -- Cut where nothing joins what is left to what is not.
    lateral (select rtrim(left(next_free_name.name, 195), E' \u3000\u200c\u200d\ufe0e\ufe0f') || '-' || n as name) c
  where not exists (select from almanac.schedules s where s.name = c.name and s.deleted_at is null)
  order by n limit 1
$$;
comment on function almanac_private.next_free_name(text) is
  'A name for a schedule that is like another one''s: with -2, or the first number that is free.';
grant execute on function almanac_private.next_free_name(text) to almanac_viewer;
