-- Without a set clause, so that callers inline it.
create or replace function almanac_private.kept_needs(depends_on text[]) returns text[]
language sql immutable parallel safe
return array(
  select left(d.task, 128) from unnest(depends_on) with ordinality d(task, nth) where d.nth <= 100 order by d.nth);
comment on function almanac_private.kept_needs(text[]) is
  'What is kept of the tasks that a task depends on: the first hundred.';
