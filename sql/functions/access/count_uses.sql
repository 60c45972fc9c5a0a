-- Definer: keeps the counts in a table that no one else may write.
create or replace function almanac_private.count_uses(kind text, count bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_minute timestamptz := date_bin('1 minute', clock_timestamp(), '2000-01-01Z');
  v_limit_name constant text := count_uses.kind || '_per_hour';
  v_user bigint := almanac.current_user_id();
  v_role name := almanac_private.role_served(session_user);
  v_who text := coalesce('user ' || v_user, 'role ' || v_role);
  v_most bigint;
  v_used bigint;
  v_again timestamptz;
begin
  -- Whoever calls it directly only adds to their own count.
  if (count_uses.count > 0) is not true or not almanac_private.is_counted() then
    return;
  end if;
  v_most := almanac_private.limit_for(v_limit_name,
    case when v_user is null then v_role else almanac_private.caller() end);
  if v_most is null then
    return;
  end if;
  v_used := (
    select coalesce(sum(u.count), 0) from almanac_private.uses u
    where u.who = v_who and u.kind = count_uses.kind and u.used_at > v_now - interval '1 hour');
  if v_used + count_uses.count > v_most then
    v_again := almanac_private.use_again_at(v_who, count_uses.kind, count_uses.count, v_most, v_now);
    raise exception using errcode = 'AL028', message = almanac_private.use_note(v_limit_name, v_most),
      detail = format('%s: %s in the last hour, and %s more.', v_who, v_used, count_uses.count),
      hint = case when v_again is null then format('Do at most %s at a time.', v_most)
        else format('Try again after %s UTC.',
          to_char(v_again at time zone 'UTC' + interval '1 second', 'YYYY-MM-DD HH24:MI:SS')) end
        || format(' Admins have no limit, and the owner of the schema can change it: %s in almanac_private.settings.',
          v_limit_name);
  end if;
  -- A row for each minute and backend, so that an hour is a few rows, and who counts waits for no one.
  insert into almanac_private.uses as u (who, kind, used_at, backend, count)
  values (v_who, count_uses.kind, v_minute, pg_backend_pid(), count_uses.count)
  on conflict (who, kind, used_at, backend) do update set count = u.count + excluded.count;
  delete from almanac_private.uses u where u.id = any (array(
    select o.id from almanac_private.uses o where o.used_at < v_now - interval '1 hour'
    order by o.used_at limit 20 for update skip locked));
end
$$;
comment on function almanac_private.count_uses(text, bigint) is
  'Counts what an operator does, of a kind, by user and hour. Raises AL028 above <kind>_per_hour of '
  'almanac_private.settings. Admins and the owner are not counted.';
grant execute on function almanac_private.count_uses(text, bigint) to almanac_operator;
