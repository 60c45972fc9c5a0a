create or replace function almanac_private.unmet_because(parent almanac.runs, step integer, need bigint) returns text
language sql stable set search_path to pg_catalog, pg_temp
return coalesce(
  (select format('it needs %s, which %s', r.task_identifier, almanac_private.end_in_words(r.status))
    from almanac.runs r where r.id = unmet_because.need and r.scheduled_for = parent.scheduled_for),
  (select format('it needs %s, which %s', n.task,
      case when g.nth is null then 'is not known' else 'needs it in turn' end)
    from jsonb_array_elements_text(parent.graph -> unmet_because.step - 1 -> 'needs') with ordinality n(task, nth)
    left join lateral (
      select a.nth from jsonb_array_elements(parent.graph) with ordinality a(step, nth)
      where a.step ->> 'task' = n.task limit 1) g on true
    where g.nth is null or g.nth >= unmet_because.step order by n.nth limit 1));
comment on function almanac_private.unmet_because(almanac.runs, integer, bigint) is
  'Why a step is skipped, by the run that it needs; 0: one that there is not.';
