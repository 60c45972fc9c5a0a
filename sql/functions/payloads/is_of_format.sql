create or replace function almanac_private.is_of_format(value text, format text) returns boolean
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parts text[];
begin
  case format
    when 'uuid' then
      return value ~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$';
    when 'date' then
      v_parts := regexp_match(value, '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
      -- The year 0000 is one of RFC 3339's: it is a leap year.
      return coalesce(v_parts[3]::integer <= case v_parts[2]::integer when 2 then 28 + (
          v_parts[1]::integer % 4 = 0 and v_parts[1]::integer % 100 <> 0 or v_parts[1]::integer % 400 = 0)::integer
        when 4 then 30 when 6 then 30 when 9 then 30 when 11 then 30 else 31 end, false);
    when 'date-time' then
      v_parts := regexp_match(value, '^(.{10})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?'
        '(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$');
      -- A leap second is the last of a day of UTC.
      return coalesce(almanac_private.is_of_format(v_parts[1], 'date') and (v_parts[4] <> '60'
        or (v_parts[2]::integer * 60 + v_parts[3]::integer + 1440 - coalesce((v_parts[5] || '1')::integer
          * (v_parts[6]::integer * 60 + v_parts[7]::integer), 0)) % 1440 = 1439), false);
    when 'email' then
      -- RFC 5321: a local part of atoms or a quoted string; a host, or an address in brackets.
      return value ~ ('^([A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
          || '|"([\x20\x21\x23-\x5B\x5D-\x7E]|\\[\x20-\x7E])*")'
          || '@(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
          || '|\[((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}'
          || '|IPv6:[0-9A-Fa-f:.]{2,45})\])$')
        and (value !~ '\[IPv6:' or almanac_private.is_ipv6(substring(value, '\[IPv6:(.*)\]$')));
    when 'uri' then
      -- RFC 3986, with a scheme.
      v_parts := regexp_match(value, '^[A-Za-z][A-Za-z0-9+.-]*:(?://((?:[A-Za-z0-9._~!$&''()*+,;=:-]'
        '|%[0-9A-Fa-f]{2})*@)?(\[[^][@/?#]*\]|(?:[A-Za-z0-9._~!$&''()*+,;=-]|%[0-9A-Fa-f]{2})*)'
        '(?::[0-9]*)?(?=[/?#]|$)|(?!//))'
        '(?:[A-Za-z0-9._~!$&''()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]'
        '|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$');
      return v_parts is not null and ((v_parts[2] like '[%') is not true
        or v_parts[2] ~ '^\[v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&''()*+,;=:-]+\]$'
        or almanac_private.is_ipv6(btrim(v_parts[2], '[]')));
    else
      return true;
  end case;
end
$$;
comment on function almanac_private.is_of_format(text, text) is
  'Whether a text has the format of JSON Schema: date and date-time (RFC 3339), email (RFC 5321), uri (RFC 3986), uuid '
  '(RFC 4122). Others are not checked.';
grant execute on function almanac_private.is_of_format(text, text) to almanac_viewer;
