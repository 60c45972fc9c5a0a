create or replace function almanac_private.children_in_words(run almanac.runs) returns text
language sql stable set search_path to pg_catalog, pg_temp
return (
  select format('of its %s %s', case run.children when 1 then 'one child' else run.children || ' children' end,
    string_agg(format('%s %s', c.count, case when c.count = 1 then c.of_one else c.words end), ', ' order by c.nth))
  from almanac.runs_roll_up(run) u
  cross join lateral (values
    (1, u.succeeded, 'succeeded', 'succeeded'), (2, u.failed, 'failed', 'failed'),
    (3, u.timed_out, 'timed out', 'timed out'), (4, u.cancelled, 'was cancelled', 'were cancelled'),
    (5, u.skipped, 'was skipped', 'were skipped'), (6, u.running, 'is running', 'are running'),
    (7, u.retrying, 'will be tried again', 'will be tried again'),
    (8, u.unfinished - u.running - u.retrying, 'has not begun', 'have not begun')) c(nth, count, of_one, words)
  where c.count > 0);
comment on function almanac_private.children_in_words(almanac.runs) is
  'How many children of a parent run are in which state: ''of its 5 children 3 succeeded, 2 have not begun''.';
grant execute on function almanac_private.children_in_words(almanac.runs) to almanac_viewer;
