create or replace function almanac.occurrences(
  cron text, timezone text, range_start timestamptz, range_end timestamptz, max_count integer default null
) returns setof timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron := almanac_private.compile_cron(occurrences.cron);
  v_count bigint;
begin
  perform almanac_private.check_timezone(occurrences.timezone);
  if occurrences.max_count < 0 then
    raise exception using errcode = 'AL012', message = 'max_count must not be negative.',
      detail = format('max_count: %s.', occurrences.max_count),
      hint = 'Omit it to get the whole range.';
  end if;
  if occurrences.range_start = '-infinity' then
    raise exception using errcode = 'AL012', message = 'The range has no start.',
      detail = 'range_start: -infinity.',
      hint = 'Set the time to start from.';
  end if;
  return query
  select o.at
  from almanac_private.cron_between(v_rule, occurrences.timezone,
    occurrences.range_start - interval '1 microsecond', occurrences.range_end,
    least(occurrences.max_count, 1000001)) o(at);
  get diagnostics v_count = row_count;
  if v_count > 1000000 then
    raise exception using errcode = 'AL012', message = 'The range has more than 1,000,000 occurrences.',
      detail = format('range_start: %s, range_end: %s.', occurrences.range_start, occurrences.range_end),
      hint = 'Use a shorter range, or max_count.';
  end if;
end
$$;
comment on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) is
  'The times that a cron expression names in [range_start, range_end), in a time zone; at most max_count. Above '
  '1,000,000 an error, never a silent cut.';
grant execute on function almanac.occurrences(text, text, timestamptz, timestamptz, integer) to almanac_viewer;
