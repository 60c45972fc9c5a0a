create or replace function almanac_private.is_ipv6(address text) returns boolean
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return address ~ '^[0-9A-Fa-f:.]+$' and family(address::inet) = 6 and address !~ '/';
exception when invalid_text_representation then
  return false;
end
$$;
comment on function almanac_private.is_ipv6(text) is 'Whether a text is an IPv6 address, without a zone or a mask.';
grant execute on function almanac_private.is_ipv6(text) to almanac_viewer;
