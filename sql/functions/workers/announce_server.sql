-- Definer: the server's login may not write settings by itself.
create or replace function almanac_private.announce_server(url text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
as $$
  insert into almanac_private.settings as s (key, value)
  select 'server', jsonb_build_object('url', left(announce_server.url, 2000), 'place', to_jsonb(h))
  from almanac_private.here() h
  on conflict (key) do update set value = excluded.value where s.value <> excluded.value
$$;
comment on function almanac_private.announce_server(text) is
  'Records where browsers reach the server that has just started, for links that lead there.';
grant execute on function almanac_private.announce_server(text) to almanac_server;
