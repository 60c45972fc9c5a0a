-- Called by begin_runs, with its rights and settings.
create or replace function almanac_private.runs_without_room(
  run_ids bigint[], scheduled_fors timestamptz[], room jsonb
) returns table (run_id bigint, lacks text, retry_in interval)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_first timestamptz;
  v_last timestamptz;
  v_ids bigint[] := '{}';
  v_accounts text[] := '{}';
  v_statements boolean[] := '{}';
  v_queued boolean[] := '{}';
  v_found record;
begin
  -- Week by week, like begin_runs. They are not locked: one that changes meanwhile takes up room that the next call
  -- has.
  for v_first, v_last in
    select min(f.at), max(f.at) from unnest(runs_without_room.scheduled_fors) f(at)
    group by date_trunc('week', f.at at time zone 'UTC') order by 1
  loop
    select array_agg(r.id order by r.scheduled_for, r.id) as ids,
      array_agg(almanac_private.account(r.run_as, r.owner_user) order by r.scheduled_for, r.id) as accounts,
      array_agg(almanac_private.is_statement_task(r.task_identifier) order by r.scheduled_for, r.id) as statements,
      array_agg(r.status <> 'running' order by r.scheduled_for, r.id) as queued
    into v_found
    from almanac.runs r
    where r.scheduled_for between v_first and v_last and r.finished_at is null and r.id = any (array(
      select a.id from unnest(runs_without_room.run_ids, runs_without_room.scheduled_fors) a(id, at)
      where a.at between v_first and v_last));
    v_ids := v_ids || v_found.ids;
    v_accounts := v_accounts || v_found.accounts;
    v_statements := v_statements || v_found.statements;
    v_queued := v_queued || v_found.queued;
  end loop;
  return query
  with numbered as (
    select a.*, row_number() over (partition by a.account, a.is_statement order by a.is_queued, a.nth) as of_account
    from unnest(v_ids, v_accounts, v_statements, v_queued) with ordinality a(id, account, is_statement, is_queued, nth)
  ), asked as (
    select n.*, n.of_account <= almanac_private.room_of(room -> 'statements', n.account) as in_share,
      n.of_account <= least(almanac_private.room_of(room -> 'statements', n.account),
        almanac_private.room_of(room -> 'slots', n.account)) as may_begin
    from numbered n
  ), of_statements as (
    -- Of the connections that are left, each account has one before any has a second. Only those are counted that
    -- their accounts' shares let begin: others would take the last connection from one that has a share left.
    select a.*, not a.is_statement or a.in_share and (not a.may_begin
      or row_number() over (partition by a.is_statement, a.may_begin order by a.is_queued, a.of_account, a.nth)
        <= (room -> 'statements' ->> 'total')::bigint) as has_connection
    from asked a
  ), of_slots as (
    select s.*, s.has_connection and row_number() over (
      partition by s.account, s.has_connection order by s.is_queued, s.nth)
      <= almanac_private.room_of(room -> 'slots', s.account) as has_slot
    from of_statements s
  ), left_out as (
    select o.*, case when o.has_connection then 'slots' else 'statements' end as lacks
    from of_slots o where o.is_queued and not o.has_slot
  )
  select l.id, l.lacks, make_interval(secs => (room -> l.lacks -> 'retryIn' ->> l.account)::float8 / 1000
    + (row_number() over (partition by l.account, l.lacks order by l.nth) - 1)
      * (room ->> 'spacing')::float8 / 1000)
  from left_out l;
end
$$;
comment on function almanac_private.runs_without_room(bigint[], timestamptz[], jsonb) is
  'Of runs that are to begin, those for which a worker has no room, and which it lacks: {"slots": {"accounts": '
  '{account: how many}, "others": how many of any other, "retryIn": {account: milliseconds}}, "statements": the same, '
  'of its connections for almanac:sql, and "total", of all, "spacing": milliseconds}. retry_in: when a run of an '
  'account that is named there is to be taken again, each that much after the one before it; null of others.';
