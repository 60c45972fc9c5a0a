create or replace function almanac_private.children_note(
  parent_id bigint, scheduled_for timestamptz, children integer, counts jsonb
) returns text
language sql stable set search_path to pg_catalog, pg_temp
return format('%s of %s children failed.',
    coalesce((counts ->> 'failed')::integer, 0) + coalesce((counts ->> 'timed_out')::integer, 0), children)
  || coalesce((
    select format(' The first, run %s: %s', f.id, left(f.error, 500)) from almanac.runs f
    where f.parent_id = children_note.parent_id and f.scheduled_for = children_note.scheduled_for
      and f.status in ('failed', 'timed_out') and f.error is not null
    order by f.element limit 1), '');
comment on function almanac_private.children_note(bigint, timestamptz, integer, jsonb) is
  'The error of a parent run: how many of its children failed, and why the first did.';
