create or replace function almanac_private.perhaps(typed text, names text[]) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- Names share pairs of letters, those at their ends among them: of all pairs of both, at least half are in both.
  select format(' Perhaps %L?', n.name)
  from unnest(perhaps.names[:1000]) n(name),
    lateral (
      select count(*) filter (where p.hits = 2) * 2.0 / sum(p.hits) as similarity
      from (
        select count(*) as hits from (
          select 1, substr(' ' || lower(left(perhaps.typed, 200)) || ' ', i, 2) as pair from generate_series(1, length(left(perhaps.typed, 200)) + 1) i
          union
          select 2, substr(' ' || lower(left(n.name, 200)) || ' ', i, 2) from generate_series(1, length(left(n.name, 200)) + 1) i
        ) both_of group by pair
      ) p
    ) s
  where s.similarity >= 0.5 or lower(n.name) = lower(btrim(perhaps.typed))
  order by s.similarity desc, n.name limit 1
$$;
comment on function almanac_private.perhaps(text, text[]) is
  'For a hint: " Perhaps ''daily''?" if one of the names (the first 1000 are looked at) reads much like what was given; else null.';
grant execute on function almanac_private.perhaps(text, text[]) to almanac_viewer;
