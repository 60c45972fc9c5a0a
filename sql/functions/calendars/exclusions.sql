-- A series costs 30 µs in each look-up, a window 5 to 10 µs, and a schedule may have 200 series, and 25,000 ranges in
-- one calendar. So firing reads an hour, or as far as it must, and what took long is kept together with the versions of
-- its calendars: the next look-up is one row, also that of the next schedule in the same statement. Only the engine
-- keeps, as a viewer may not, and nothing here waits for a lock.
--
-- Each pass reads windows from where the last one ended. If some reach beyond its end, everything until they end is
-- excluded, whatever else lies in between, so the next pass begins there.
create or replace function almanac_private.exclusions(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz, follows boolean default true,
  most_windows integer default null,
  out excluded tstzmultirange, out known_until timestamptz, out windows integer
)
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_ids bigint[];
  v_key text;
  v_known record;
  v_from timestamptz;
  v_found tstzmultirange;
  v_until timestamptz;
  v_span interval := interval '1 hour';
  v_series integer;
  v_read integer;
  v_is_kept boolean;
  v_cut timestamptz;
  -- What takes less is read again as quickly.
  v_worth_keeping constant integer := 50;
  v_worth_more constant integer := 500;
begin
  windows := 0;
  select array_agg(c.id order by c.id),
    md5(concat(exclusions.timezone, string_agg(concat_ws(' ', ',', c.id, v.version, c.timezone), '' order by c.id)))
  into v_ids, v_key
  from almanac.exclusion_calendars c left join almanac_private.calendar_versions v on v.calendar_id = c.id
  where c.name = any (exclusions.calendars);
  v_is_kept := exclusions.most_windows is not null
    and has_table_privilege('almanac_private.known_exclusions', 'insert')
    and current_setting('transaction_read_only') = 'off';
  if v_is_kept then
    v_known := almanac_private.kept_exclusions(v_key, exclusions.range_start);
  else
    select k.known_from, k.known_until, k.excluded into v_known
    from almanac_private.known_exclusions k
    where k.key = v_key and k.known_from <= exclusions.range_start and k.known_until > exclusions.range_start
    order by k.known_until desc limit 1;
  end if;
  excluded := coalesce(v_known.excluded, '{}');
  -- Other schedules that use them are a little behind.
  v_from := coalesce(v_known.known_from, exclusions.range_start - case when v_is_kept then interval '1 minute'
    else interval '0' end);
  known_until := coalesce(v_known.known_until, v_from);

  loop
    -- What is worth keeping, for a day if there is not much in it.
    if known_until > exclusions.range_end and (v_is_kept and windows between v_worth_keeping and v_worth_more
      and known_until < exclusions.range_start + interval '24 hours') is not true then
      exit when upper(excluded) < known_until or upper(excluded) is null or not exclusions.follows;
      -- What was kept says already until when at least.
      exit when exclusions.most_windows is not null and (windows >= exclusions.most_windows or v_until is null);
      -- One window follows another for more than a year.
      exit when v_until > exclusions.range_start + interval '10000 hours';
    end if;
    v_until := known_until + v_span;
    if exclusions.most_windows is null then
      v_until := greatest(v_until, exclusions.range_end);
    end if;
    select coalesce(range_agg(w.during), '{}'), count(*) into v_found, v_read
    from almanac_private.exclusion_windows(exclusions.calendars, exclusions.timezone, known_until, v_until) w;
    excluded := excluded + v_found;
    if v_series is null and exclusions.most_windows is not null then
      v_series := (select count(*) from almanac.calendar_entries e
        where e.calendar_id = any (v_ids) and e.cron_expression is not null);
    end if;
    windows := windows + v_read + coalesce(v_series, 0);
    known_until := greatest(v_until + interval '1 microsecond', upper(excluded));
    v_span := v_span * case when v_read < 100 then 8 when v_read < 1000 then 2 else 1 end;
  end loop;

  -- What was kept says less by now than its reader knows.
  if v_is_kept and (windows >= v_worth_keeping or v_until > v_known.known_until) then
    perform almanac_private.keep_exclusions(v_key, v_ids, v_from, exclusions.range_start, known_until, excluded);
  end if;
  if exclusions.follows and v_until > exclusions.range_start + interval '10000 hours' and upper(excluded) = known_until
  then
    excluded := excluded + tstzmultirange(tstzrange(known_until, 'infinity'));
  elsif v_known.known_from is not null and exclusions.most_windows is not null then
    -- Of what is kept, what was asked for.
    v_cut := (select upper(r) from unnest(excluded) r where r @> exclusions.range_end);
    if coalesce(v_cut, exclusions.range_end) < known_until then
      known_until := coalesce(v_cut, exclusions.range_end) + interval '1 microsecond';
    end if;
    excluded := excluded * tstzmultirange(tstzrange(exclusions.range_start, known_until));
  end if;
end
$$;
comment on function almanac_private.exclusions(
  text[], text, timestamptz, timestamptz, boolean, integer
) is
  'The union of what these calendars exclude in [range_start, range_end], the last range in its full length, or to '
  'infinity if window follows window for more than a year; it is certain before known_until. Not follows: the last '
  'range may be cut at known_until; most_windows: also when more were read. windows: how many were, each series and '
  'pass counted as one more.';
grant execute on function almanac_private.exclusions(text[], text, timestamptz, timestamptz, boolean, integer)
  to almanac_viewer;
