-- Definer: makes tables. A table that is made apart and then attached needs no lock on the partitioned one that a
-- reader or a writer would wait for. The default partition is locked against readers too, so for that no one waits
-- longer than the setting says, and it is tried again later.
create or replace function almanac_private.ensure_partitions(
  as_of timestamptz default now(), weeks_ahead integer default 8, largest_scan bigint default 67108864,
  out made integer, out missing integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '50ms'
as $$
declare
  v_wanted record;
  v_waits_for text := '';
  v_is_taken boolean;
  v_has_turn boolean := false;
begin
  made := 0;
  missing := 0;
  for v_wanted in
    select t.name as of_table, t.name || '_default' as default_name, w.begins_at,
      w.begins_at + interval '168 hours' as ends_at,
      t.name || coalesce('_' || to_char(w.begins_at at time zone 'UTC', 'YYYYMMDD'), '_default') as name
    from (values ('runs'), ('run_attempts'), ('run_logs')) t(name)
    cross join (
      select null::timestamptz as begins_at
      union all
      select (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => n))
        at time zone 'UTC'
      from generate_series(-1, ensure_partitions.weeks_ahead) n
    ) w
    order by t.name desc, w.begins_at nulls first
  loop
    continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    if not v_has_turn and v_waits_for = '' then
      begin
        perform almanac_private.take_turn('partitions');
        v_has_turn := true;
      exception when lock_not_available then
        v_waits_for := 'a turn';
      end;
      -- Others may have made it meanwhile.
      continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    end if;
    missing := missing + 1;
    continue when v_waits_for = v_wanted.of_table or not v_has_turn;
    begin
      if v_wanted.begins_at is not null then
        -- Rows of that week are in the default partition already, and stay there.
        execute format(
          'select exists (select from almanac_private.%I d where d.scheduled_for >= $1 and d.scheduled_for < $2)',
          v_wanted.default_name)
          into v_is_taken using v_wanted.begins_at, v_wanted.ends_at;
        if v_is_taken then
          missing := missing - 1;
          continue;
        end if;
        -- It is read as a whole while it is locked.
        continue when pg_relation_size(to_regclass('almanac_private.' || v_wanted.default_name))
          > ensure_partitions.largest_scan;
      end if;
      execute format('create table almanac_private.%I (
          like almanac.%I including defaults including constraints including storage) with (fillfactor = 60)',
        v_wanted.name, v_wanted.of_table);
      execute format('alter table almanac_private.%I enable row level security', v_wanted.name);
      if v_wanted.of_table = 'runs' then
        perform almanac_private.note_what_is_deleted(format('almanac_private.%I', v_wanted.name)::regclass);
      end if;
      execute format('alter table almanac.%I attach partition almanac_private.%I %s', v_wanted.of_table, v_wanted.name,
        case when v_wanted.begins_at is null then 'default' else format('for values from (%L) to (%L)',
          to_char(v_wanted.begins_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
          to_char(v_wanted.ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')) end);
      made := made + 1;
      missing := missing - 1;
    exception
      when lock_not_available then v_waits_for := v_wanted.of_table;
      when check_violation then missing := missing - 1; -- a row of that week came just now
    end;
  end loop;
end
$$;
comment on function almanac_private.ensure_partitions(timestamptz, integer, bigint) is
  'Creates the weekly partitions of runs, run_attempts and run_logs from last week to weeks_ahead. Returns how many it '
  'created and how many are still missing because others hold locks, or because the default partition is larger than '
  'largest_scan bytes: call it again later. Rows without a partition go into the default one.';
grant execute on function almanac_private.ensure_partitions(timestamptz, integer, bigint) to almanac_worker;
