create or replace function almanac_private.check_tags(tags text[]) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most integer := (select max(length(t)) from unnest(check_tags.tags) t);
begin
  if array_ndims(check_tags.tags) > 1 or array_position(check_tags.tags, null) is not null or '' = any (check_tags.tags)
    or v_most > 100
    or cardinality(check_tags.tags) > 100
  then
    raise exception using errcode = 'AL019', column = 'tags',
      message = 'A tag has 1 to 100 characters, and a schedule may have at most 100 tags.',
      detail = format('tags: %s.', left(check_tags.tags::text, 200)), hint = 'For example {crm,night}.';
  end if;
  perform almanac_private.check_name('tags', t) from unnest(check_tags.tags) t;
end
$$;
comment on function almanac_private.check_tags(text[]) is
  'Raises AL019 for tags that are null, empty, too long, too many, or not what they look like.';
grant execute on function almanac_private.check_tags(text[]) to almanac_viewer;
