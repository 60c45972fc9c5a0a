create or replace function almanac_private.login_bars(role_name name) returns text
language sql stable parallel safe
return (
  select nullif(concat_ws(', ', case when not r.rolcanlogin then 'NOLOGIN' end,
    case when r.rolvaliduntil < clock_timestamp() then format('VALID UNTIL %L', r.rolvaliduntil) end,
    case when r.rolconnlimit = 0 then 'CONNECTION LIMIT 0' end), '')
  from pg_roles r where r.rolname = login_bars.role_name);
comment on function almanac_private.login_bars(name) is
  'What keeps a login from logging in, as only a DBA can have done it; null: nothing.';
