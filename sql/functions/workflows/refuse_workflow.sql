create or replace function almanac_private.refuse_workflow(message text, detail text, hint text) returns void
language plpgsql immutable set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'AL036', column = 'definition', message = refuse_workflow.message,
    detail = refuse_workflow.detail, hint = refuse_workflow.hint;
end
$$;
comment on function almanac_private.refuse_workflow(text, text, text) is
  'Raises AL036 for the definition of a workflow that is wrong.';
grant execute on function almanac_private.refuse_workflow(text, text, text) to almanac_operator;
