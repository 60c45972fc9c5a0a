-- Definer: the server's login may not read settings by itself.
create or replace function almanac_private.server_url() returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select s.value ->> 'url' from almanac_private.settings s cross join almanac_private.here() h
  where s.key = 'server' and s.value -> 'place' = to_jsonb(h)
$$;
comment on function almanac_private.server_url() is
  'Where browsers reach the server that started last. Null: none has started on this database; that of the database '
  'that it is a copy of does not count.';
grant execute on function almanac_private.server_url() to almanac_server;
