create or replace function almanac_private.limit_for(limit_name text, account text) returns bigint
language sql stable parallel safe
return (
  -- What is not a number sets no limit: it must not keep anything from firing.
  select case when s.value #>> '{}' ~ '^\d{1,15}(\.\d{1,15})?$' then trunc((s.value #>> '{}')::numeric)::bigint end
  from almanac_private.settings s
  where s.key in (limit_name, limit_name || ':' || almanac_private.role_of_account(account))
  order by length(s.key) desc limit 1);
comment on function almanac_private.limit_for(text, text) is
  'A limit of what the schedules of an account fire: that of its role, <limit>:<role> of almanac_private.settings, '
  'else that of all; null: none.';
