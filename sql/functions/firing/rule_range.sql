-- Called by decide and excluded_range, with their rights and their settings.
create or replace function almanac_private.rule_range(
  schedule almanac.schedules, range_end timestamptz, max_count integer, spared integer,
  out first timestamptz, out last timestamptz, out count bigint
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  schedule.max_runs := null; -- what has no run does not count for it
  select min(n.at), max(n.at), count(*) into rule_range.first, rule_range.last, rule_range.count
  from (
    select o.at, row_number() over (order by o.at desc) as nth
    from almanac_private.occurrences_between(schedule, schedule.cursor_at + interval '1 microsecond',
      rule_range.range_end, rule_range.max_count) o(at)
  ) n
  where n.nth > rule_range.spared;
end
$$;
comment on function almanac_private.rule_range(almanac.schedules, timestamptz, integer, integer) is
  'What a rule names after the cursor of its schedule and before range_end, of more than max_count a part, without the '
  'last few that are spared: the first, the last and their number.';
