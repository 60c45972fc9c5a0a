create or replace function almanac_private.exclusions(
  calendars text[], timezone text, range_start timestamptz, range_end timestamptz
)
returns tstzmultirange
language plpgsql stable set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
declare
  v_from timestamptz := exclusions.range_start;
  v_end timestamptz := exclusions.range_end;
  v_found tstzmultirange := '{}';
begin
  -- A range may continue past the end, from window to window.
  loop
    v_found := v_found + coalesce((
      select range_agg(w.during)
        from almanac_private.exclusion_windows(exclusions.calendars, exclusions.timezone, v_from, v_end) w), '{}');
    exit when isempty(v_found) or upper(v_found) <= v_end;
    if v_end > exclusions.range_start + interval '10000 hours' then
      return v_found + tstzmultirange(tstzrange(v_end, 'infinity'));
    end if;
    v_from := v_end;
    v_end := greatest(upper(v_found), v_end + (v_end - exclusions.range_start));
  end loop;
  return v_found;
end
$$;
comment on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) is
  'The union of what these calendars exclude within [range_start, range_end]; the last range in its full length, or '
  'to infinity if window follows window for more than a year.';
grant execute on function almanac_private.exclusions(text[], text, timestamptz, timestamptz) to almanac_viewer;
