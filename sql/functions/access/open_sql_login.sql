-- Definer: makes roles, and the table of logins is the owner's.
--
-- A statement of almanac:sql runs in a session of its own, as a login that can do what the run's role can and nothing
-- else (docs/decisions/0015-a-login-for-each-role-that-statements-run-as.md). A worker asks for the login as it is;
-- with make, if there is none or it was refused, and then with failed, the hash of the password that was.
--
-- Every step has to hold up against someone who meddles with the login, on purpose or by a script:
--
-- 1. A login is found by its key, not its name: one that was dropped and made again is another. A key that ends in :0
--    is one that Almanac may not create: a DBA makes it, with the password that is kept here.
-- 2. Making one is serialized by a lock on the table of logins, for 2 s at most; anyone who only reads waits for
--    nothing.
-- 3. What someone changed is undone and noted: its password, its membership, settings that would change what a
--    statement means. What only a DBA can have done (NOLOGIN, VALID UNTIL, CONNECTION LIMIT 0) stays, and is said.
create or replace function almanac_private.open_sql_login(
  run_id bigint, scheduled_for timestamptz, make boolean default false, failed text default null,
  out role_name name, out kept text, out serves name, out lacks text, out changed text
) returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
as $$
#variable_conflict use_column
declare
  v_login almanac_private.logins;
  v_found boolean;
  v_key text;
  v_role pg_roles;
  v_bars text;
  v_setting pg_db_role_setting;
  v_restricted boolean := current_setting('server_version_num')::integer >= 160000;
begin
  select case
      when s.run_as is distinct from r.run_as then r.run_as
      -- Renamed, and another role has the name now: which of them the run means cannot be told.
      when almanac_private.role_of_key(s.run_as_key) <> s.run_as
        and exists (select from pg_roles o where o.rolname = s.run_as) then null
      else almanac_private.role_of_key(s.run_as_key) end
    into open_sql_login.serves
  from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
  where r.id = open_sql_login.run_id and r.scheduled_for = open_sql_login.scheduled_for and r.status = 'running'
    and almanac_private.is_statement_task(r.task_identifier);
  if not found then
    return;
  end if;
  v_key := almanac_private.login_key(open_sql_login.serves);
  select r.* into v_role from pg_roles r where r.rolname = open_sql_login.serves;
  if v_key is null then
    open_sql_login.lacks := 'role';
    return next;
    return;
  end if;

  -- One after the other, where it may have to be made; who reads waits for nothing.
  if open_sql_login.make then
    lock table almanac_private.logins in share row exclusive mode;
  end if;
  select l.* into v_login from almanac_private.logins l
  where l.purpose = 'sql' and l.database_oid = (select d.oid from pg_database d where d.datname = current_database())
    and (l.serves = v_key or l.role_key = v_key)
    and (l.role_key = almanac_private.login_key(l.role_name) or l.role_key = almanac_private.server_key() || ':0')
  order by l.role_key = v_key desc limit 1;
  v_found := found;
  if not v_found and not open_sql_login.make then
    open_sql_login.lacks := 'login';
    return next;
    return;
  end if;

  if not v_found then
    v_login.role_name := 'almanac_sql_' || left(open_sql_login.serves, 40);
    if to_regrole(quote_ident(v_login.role_name)) is not null then
      v_login.role_name := v_login.role_name || '_' || left(md5(almanac_private.new_password()), 8);
    end if;
    v_login.password := almanac_private.new_password();
    begin
      execute format('create role %I login password %L',
        v_login.role_name, almanac_private.scram_verifier(v_login.password));
      v_login.role_key := almanac_private.login_key(v_login.role_name);
    exception when insufficient_privilege then
      -- Noted all the same: a DBA makes it, with the password that is kept.
      v_login.role_key := almanac_private.server_key() || ':0';
    end;
    if exists (
      select from almanac_private.logins l
      where l.purpose = 'sql' and l.serves = v_key and l.role_key like almanac_private.server_key() || ':%'
        and l.role_key not like '%:0'
        and l.database_oid = (select d.oid from pg_database d where d.datname = current_database()))
    then
      open_sql_login.changed := 'it was dropped';
    end if;
    -- What a copy or a dump brought, or is of a role that is gone.
    delete from almanac_private.logins l
      where l.purpose = 'sql' and (l.serves = v_key or l.role_name = v_login.role_name);
    insert into almanac_private.logins (role_name, purpose, password, role_key, serves, database_oid)
    select v_login.role_name, 'sql', v_login.password, v_login.role_key, v_key, d.oid from pg_database d
      where d.datname = current_database();
  elsif split_part(v_login.role_key, ':', 2) = '0' then
    v_login.role_key := coalesce(almanac_private.login_key(v_login.role_name), v_login.role_key);
    update almanac_private.logins l set role_key = v_login.role_key where l.role_name = v_login.role_name
      and l.purpose = 'sql';
  elsif open_sql_login.make
    and open_sql_login.failed = encode(sha256(convert_to(v_login.password, 'UTF8')), 'hex')
  then
    v_login.password := almanac_private.new_password();
    execute format('alter role %I password %L',
      v_login.role_name, almanac_private.scram_verifier(v_login.password));
    open_sql_login.changed := 'its password';
    update almanac_private.logins l set password = v_login.password where l.role_name = v_login.role_name
      and l.purpose = 'sql';
  end if;
  open_sql_login.role_name := v_login.role_name;
  open_sql_login.kept := v_login.password;
  -- Nothing runs with the rights of the owner or a superuser: the logins of such roles have only what they are granted.
  -- A login that is the run's role has its own.
  if pg_has_role(v_role.oid, (select n.nspowner from pg_namespace n where n.nspname = 'almanac'), 'member')
    or v_role.rolname = v_login.role_name then
    open_sql_login.serves := null;
  end if;
  if split_part(v_login.role_key, ':', 2) = '0' then
    open_sql_login.lacks := 'creation';
    return next;
    return;
  end if;
  if open_sql_login.serves is not null
    and not exists (select from pg_auth_members m
      where m.roleid = v_role.oid and m.member = to_regrole(quote_ident(v_login.role_name))) then
    begin
      execute format('grant %I to %I %s', v_role.rolname, v_login.role_name,
        case when v_restricted then 'with inherit true, set false' end);
    exception when insufficient_privilege then
      open_sql_login.lacks := 'grant';
    end;
  end if;

  -- What only a DBA can have done, and stays.
  v_bars := almanac_private.login_bars(v_login.role_name);
  if v_bars is not null then
    open_sql_login.lacks := 'permission';
    open_sql_login.changed := concat_ws(', ', open_sql_login.changed, v_bars);
  end if;

  for v_setting in select s.* from pg_db_role_setting s
    where s.setrole = to_regrole(quote_ident(v_login.role_name)) loop
    begin
      execute format('alter role %I %s reset all', v_login.role_name,
        (select format('in database %I', d.datname) from pg_database d where d.oid = v_setting.setdatabase));
    exception when insufficient_privilege then
      open_sql_login.lacks := 'reset';
    end;
    -- What stays, a superuser has set: no statement could.
    if open_sql_login.lacks is not null or not exists (
      select from pg_db_role_setting s
        where (s.setrole, s.setdatabase, s.setconfig) = (v_setting.setrole, v_setting.setdatabase, v_setting.setconfig))
    then
      open_sql_login.changed := concat_ws(', ', open_sql_login.changed, array_to_string(v_setting.setconfig, ', '));
    end if;
  end loop;
  if open_sql_login.changed is not null then
    update almanac_private.logins l set changed_at = clock_timestamp(), bars = v_bars,
      -- Settings and password are found one after the other.
      changed_what
        = left(concat_ws(', ', case when l.changed_at > clock_timestamp() - interval '10 seconds' then l.changed_what
        end, open_sql_login.changed), 1000)
    where l.role_name = v_login.role_name and l.purpose = 'sql';
  end if;
  return next;
end
$$;
comment on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) is
  'The login for a run of almanac:sql, which has the rights of the role that the run runs as and serves no other. '
  'serves: that role; null: it has no rights of another. lacks: why it cannot be used. With make, it is created, or '
  'given a new password if the stored one failed (failed is the SHA-256 of that one). changed: what someone had '
  'changed, which is undone, unless it is what lacks names. No row: this is not a running run of that task.';
grant execute on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) to almanac_worker;
