-- Definer: keeps the counts in a table that no one else may write.
create or replace function almanac_private.count_uses(kind text, count bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_limit_name constant text := count_uses.kind || '_per_hour';
  v_user bigint := almanac.current_user_id();
  v_role name := almanac_private.role_served(session_user);
  v_who text := coalesce('user ' || v_user, 'role ' || v_role);
  v_most bigint;
  v_used bigint;
  v_again timestamptz;
begin
  -- Anyone who calls it directly only adds to their own count.
  if (count_uses.count > 0) is not true or not almanac_private.is_counted() then
    return;
  end if;
  v_most := almanac_private.limit_for(v_limit_name,
    case when v_user is null then v_role else almanac_private.caller() end);
  if v_most is null then
    return;
  end if;
  v_used := almanac_private.take_uses(v_who, count_uses.kind, count_uses.count, v_most);
  if v_used is not null then
    v_again := almanac_private.use_again_at(v_who, count_uses.kind, count_uses.count, v_most, v_now);
    raise exception using errcode = 'AL028', message = almanac_private.use_note(v_limit_name, v_most),
      detail = format('In the last hour %s has used %s; this needs %s more.',
        almanac_private.account_label(almanac_private.account(v_role, v_user)), v_used, count_uses.count),
      hint = case when v_again is null then format('Do at most %s at a time.', v_most)
        else format('Try again after %s.', almanac_private.recorded_time(v_again + interval '1 second')) end
        || format(' Admins have no limit, and the owner of the schema can change it: %s in almanac_private.settings.',
          v_limit_name);
  end if;
end
$$;
comment on function almanac_private.count_uses(text, bigint) is
  'Counts what an operator does, of a kind, by user and hour. Raises AL028 above <kind>_per_hour of '
  'almanac_private.settings. Admins and the owner are not counted.';
grant execute on function almanac_private.count_uses(text, bigint) to almanac_operator;
