create or replace function almanac_private.hmac_sha256(key bytea, message bytea) returns bytea
language sql immutable strict security invoker parallel safe
return (
  select sha256(decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' order by b.i), 'hex')
    || sha256(decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' order by b.i), 'hex') || hmac_sha256.message))
  from (
    select i, case when i < length(hmac_sha256.key) then get_byte(hmac_sha256.key, i) else 0 end as byte
    from generate_series(0, 63) i
  ) b
);
comment on function almanac_private.hmac_sha256(bytea, bytea) is 'HMAC-SHA-256 with a key of at most 64 bytes.';
