create or replace function almanac_private.perhaps(typed text, names text[]) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- Names share pairs of letters, those at their ends among them: of the pairs of both, two in five are in both.
  select format(' Did you mean %L?', n.name)
  from unnest(perhaps.names[:1000]) n(name),
    lateral (
      select count(*) filter (where p.hits = 2) * 2.0 / sum(p.hits) as similarity
      from (
        select count(*) as hits from (
          select w.nth, substr(w.word, i, 2) as pair
          from (values (1, ' ' || lower(left(perhaps.typed, 200)) || ' '),
            (2, ' ' || lower(left(n.name, 200)) || ' ')) w(nth, word),
            generate_series(1, length(w.word) - 1) i
          group by w.nth, pair
        ) both_of group by pair
      ) p
    ) s
  where s.similarity >= 0.4 or lower(n.name) = lower(btrim(perhaps.typed))
  order by s.similarity desc, n.name limit 1
$$;
comment on function almanac_private.perhaps(text, text[]) is
  'For a hint: " Did you mean ''daily''?" if one of the names (of 1000) reads much like what was given; otherwise '
  'null.';
grant execute on function almanac_private.perhaps(text, text[]) to almanac_viewer;
