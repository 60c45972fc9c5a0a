create or replace function almanac_private.unmet_because(parent almanac.runs, step integer, need bigint) returns text
language sql stable set search_path to pg_catalog, pg_temp
return coalesce(
  (select 'none of those that it needs one of has ended so: '
      || (select string_agg(n.name, ', ' order by n.nth)
        from jsonb_array_elements_text(s.step -> 'needs') with ordinality n(name, nth))
    from (select parent.graph -> unmet_because.step - 1 as step) s where s.step ? 'join'),
  (select format('it needs %s%s, which %s', n.name,
      case when parent.graph -> unmet_because.step - 1 -> 'on' ->> n.name = 'failure' then ' to fail' end,
      almanac_private.end_in_words(r.status))
    from almanac.runs r cross join almanac_private.step_name(parent.graph -> r.element - 1) n(name)
    where r.id = unmet_because.need and r.scheduled_for = parent.scheduled_for),
  (select format('it needs %s%s, which %s', n.name,
      case when g.step ? 'run' then ' to fail' end,
      case when g.nth is null then 'is not known' when g.step ? 'run' then 'succeeded'
        else 'needs it in turn' end)
    from jsonb_array_elements_text(parent.graph -> unmet_because.step - 1 -> 'needs') with ordinality n(name, nth)
    left join lateral (
      select a.nth, a.step from jsonb_array_elements(parent.graph) with ordinality a(step, nth)
      where almanac_private.step_name(a.step) = n.name limit 1) g on true
    where g.nth is null or g.nth >= unmet_because.step
      or g.step ? 'run' and parent.graph -> unmet_because.step - 1 -> 'on' ->> n.name = 'failure'
    order by n.nth limit 1));
comment on function almanac_private.unmet_because(almanac.runs, integer, bigint) is
  'Why a step is skipped, by the run that it needs; 0: one that there is not.';
