-- Called by trigger_now, with its rights.
create or replace function almanac_private.check_limits(account text, bytes bigint) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
  v_met record;
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member') or has_schema_privilege(v_caller, 'almanac_private', 'create')
    or not almanac_private.is_limited(check_limits.account)
  then
    return;
  end if;
  select m.limit_name, almanac_private.limit_for(m.limit_name, check_limits.account) as most, m.remaining,
    almanac_private.recorded_time(almanac_private.fires_again_at(check_limits.account, m.limit_name, m.wanted,
      clock_timestamp()) + interval '1 second') as again into v_met
  from almanac_private.left_to_fire(check_limits.account, clock_timestamp()) l
  cross join lateral (values ('runs_per_hour', l.runs, 1), ('payload_bytes_per_hour', l.bytes, check_limits.bytes),
    ('unfinished_runs', l.unfinished, 1)) m(limit_name, remaining, wanted)
  where m.remaining < m.wanted limit 1;
  if v_met.limit_name is not null then
    raise exception using errcode = 'AL028',
      message = almanac_private.limit_note(almanac_private.account_label(check_limits.account), v_met.limit_name,
        coalesce((
        select l.used from almanac_private.limits_of_accounts(check_limits.account) l
        where l.limit_name = v_met.limit_name), v_met.most), v_met.most),
      detail = 'Its schedules do not fire until then either.',
      hint = case v_met.limit_name when 'unfinished_runs' then 'Try again when some of them have ended.'
          else format('Try again after %s.', v_met.again) end
        || format(' See select * from almanac.limits(). Admins have no limit, and the owner of the schema can change '
          'it: %s in almanac_private.settings.', v_met.limit_name);
  end if;
end
$$;
comment on function almanac_private.check_limits(text, bigint) is
  'Raises AL028 where a caller who is not an admin triggers a run, with that many bytes of payload, for which its '
  'account has no room left.';
