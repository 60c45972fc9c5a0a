-- Definer: makes tables.
create or replace function almanac_private.ensure_partitions(as_of timestamptz default now(), weeks_ahead integer default 8) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_from timestamptz;
  v_name text;
  v_made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('almanac:partitions', 0));
  foreach v_table in array array['runs', 'run_attempts'] loop
    if to_regclass('almanac_private.' || v_table || '_default') is null then
      execute format('create table almanac_private.%I partition of almanac.%I default with (fillfactor = 60)', v_table || '_default', v_table);
      execute format('alter table almanac_private.%I enable row level security', v_table || '_default');
      v_made := v_made + 1;
    end if;
    for v_week in -1 .. ensure_partitions.weeks_ahead loop
      v_from := (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => v_week)) at time zone 'UTC';
      v_name := v_table || '_' || to_char(v_from at time zone 'UTC', 'YYYYMMDD');
      continue when to_regclass('almanac_private.' || v_name) is not null;
      begin
        execute format('create table almanac_private.%I partition of almanac.%I for values from (%L) to (%L) with (fillfactor = 60)',
          v_name, v_table, to_char(v_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
          to_char((v_from + interval '168 hours') at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
        execute format('alter table almanac_private.%I enable row level security', v_name);
        v_made := v_made + 1;
      exception when check_violation then
        null; -- rows of that week are in the default partition already, and stay there
      end;
    end loop;
  end loop;
  return v_made;
end
$$;
comment on function almanac_private.ensure_partitions(timestamptz, integer) is
  'Makes the weekly partitions of runs and run_attempts from last week to weeks_ahead, and says how many were missing. What has no partition goes into the default one.';
grant execute on function almanac_private.ensure_partitions(timestamptz, integer) to almanac_worker;
