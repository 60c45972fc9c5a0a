-- Definer: reads counts that no one else may.
--
-- Two lists in one, for a page and `almanac status`: what schedules have used of the limits of firing, by account
-- (limits_of_accounts; a setting is read for the role, also where the account is a user of it), and what people have
-- done in the last hour, and have, by user or login (uses). Both are counted when someone asks: firing itself decides
-- by left_to_fire. Anyone who holds the locks of a migration is not waited for longer than 200 ms: the answer ends
-- there.
create or replace function almanac.limits() returns table (
  run_as text, limit_name text, used bigint, most bigint, put_off bigint, since timestamptz, until timestamptz,
  note text, who text
)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
  select almanac_private.role_of_account(l.account), l.limit_name, l.used, l.most, l.put_off, l.since, l.until,
    case when l.put_off > 0
      then format('%s %s put off, the first until %s. The owner of the schema can change the limit, for all roles '
      'or for one: %s or %s in almanac_private.settings.',
      almanac_private.limit_note(almanac_private.account_label(l.account), l.limit_name, l.used, l.most),
      case l.put_off when 1 then '1 schedule is' else l.put_off || ' schedules are' end,
      almanac_private.recorded_time(l.until),
      l.limit_name, l.limit_name || ':' || almanac_private.role_of_account(l.account)) end,
    (select almanac_private.account_name(null, k.id::bigint)
      from (select substring(almanac_private.user_of_account(l.account) from '^user (\d+)$') as id) k)
  from almanac_private.limits_of_accounts() l
  order by l.put_off = 0, l.account, l.limit_name;

  return query
  with users as (
    select u.who, u.kind, sum(u.count)::bigint as count
    from almanac_private.uses u where u.used_at > v_now - interval '1 hour' group by u.who, u.kind
  ), owners as (
    -- Users have the limits of all operators.
    select d.who, split_part(d.who, ' ', 1) as is_a, p.name, case when d.who like 'role %' then p.name
      else 'almanac_operator' end as of_role
    from (select distinct u.who from users u) d
    cross join lateral (select substr(d.who, 6) as name) p
  ), used as (
    select u.who, u.kind, u.kind || '_per_hour' as limit_name, u.count from users u
    union all
    select o.who, null, h.limit_name, h.count
    from owners o
    cross join lateral (
      select case o.is_a when 'user' then o.name::bigint end as owner_user,
        case o.is_a when 'role' then almanac_private.role_key(o.name::name) end as role_key) k
    cross join lateral (values
      ('schedules_at_once', almanac_private.schedules_of(k.owner_user, k.role_key)),
      ('calendars_at_once', almanac_private.calendars_of(k.owner_user, k.role_key))) h(limit_name, count)
    where h.count > 0
  )
  select null::text, u.limit_name, u.count, l.most, 0::bigint, null::timestamptz, a.again_at,
    case when u.count >= l.most then almanac_private.use_note(u.limit_name, l.most)
      || format(' %s has reached it (%s)', n.name, u.count)
      || coalesce(': one more is possible after ' || almanac_private.recorded_time(a.again_at), '')
      || format('. The owner of the schema can change it: %s in almanac_private.settings.', u.limit_name) end,
    n.name
  from used u join owners o on o.who = u.who
  cross join lateral (
    select almanac_private.account_name(o.name, case o.is_a when 'user' then o.name::bigint end) as name) n
  cross join lateral (select almanac_private.limit_for(u.limit_name, o.of_role) as most) l
  cross join lateral (
    select case when u.count >= l.most then almanac_private.use_again_at(u.who, u.kind, 1, l.most, v_now) end
      as again_at) a
  order by n.name, u.limit_name;

  return query
  select null::text, 'resource_group:' || g.name, l.used::bigint, l.most::bigint, w.waiting::bigint,
    case when w.waiting > 0 then (
      select min(r.queued_at) from almanac_private.group_line o
      join almanac.runs r on r.id = o.run_id and r.scheduled_for = o.scheduled_for where o.group_id = g.id) end,
    almanac.resource_groups_next_start_at(g),
    case when w.waiting > 0
      then format('%s for the resource group %s: %s An admin changes it: select almanac.set_resource_group(%L, …).',
        case w.waiting when 1 then '1 run waits' else w.waiting || ' runs wait' end, g.name,
        almanac_private.group_note(g), g.name) end,
    null::text
  from almanac.resource_groups g
  cross join lateral (select almanac.resource_groups_waiting(g) as waiting) w
  cross join lateral (
    select almanac.resource_groups_running(g), g.max_running where g.max_running is not null
    union all select almanac.resource_groups_starts(g), g.max_starts where g.max_starts is not null) l(used, most)
  order by g.name, l.most;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac.limits() is
  'What the schedules of each role that is neither an admin nor the owner have fired in the last hour, and have '
  'unfinished, next to what they may. most: null, no limit. put_off: how many of its schedules are put off as it has '
  'met the limit, since when the first was due, and until when; note says so in words, and how to change it. '
  'who: the user, where they are those of a user of the web client. '
  'Then what each operator has done in the last hour, and has: who, a user or a login; run_as is null. until: when one '
  'more is possible, where a limit of an hour is reached. Then each resource group, with its runs, or its starts in '
  'its period; put_off: how many runs wait for it.';
grant execute on function almanac.limits() to almanac_viewer;
