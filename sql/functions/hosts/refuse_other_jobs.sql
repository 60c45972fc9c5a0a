create or replace function almanac_private.refuse_other_jobs(what text, reason text) returns void
language plpgsql immutable set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'AL013',
    message = format('The %s of Graphile Worker cannot be read.', refuse_other_jobs.what),
    detail = refuse_other_jobs.reason,
    hint = 'Its tables are not those of the release that Almanac knows. Run "almanac migrate", or upgrade Almanac.';
end
$$;
comment on function almanac_private.refuse_other_jobs(text, text) is
  'Raises AL013 where Graphile Worker''s private tables are missing, or are not as Almanac knows them.';
