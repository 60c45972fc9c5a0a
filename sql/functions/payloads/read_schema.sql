create or replace function almanac_private.read_schema(
  schema jsonb, out compiled jsonb, out unchecked text[], out wrong text[]
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_read record;
begin
  select c.* into v_read from almanac_private.compile_schema(read_schema.schema) c;
  if v_read.unchecked <> '{}' and v_read.refs <> '{}' then
    select c.* into v_read from almanac_private.compile_schema(read_schema.schema, trusts_refs => false) c;
  end if;
  compiled := v_read.compiled;
  unchecked := v_read.unchecked;
  wrong := v_read.wrong || array(
    select format('%s: there is nothing at #/%s', r.place, array_to_string(t.steps, '/'))
    from unnest(v_read.refs) r(place),
      lateral (
        select array(select jsonb_array_elements_text(compiled #> almanac_private.pointer_steps(r.place))) as steps
      ) t
    where compiled #> almanac_private.pointer_steps(r.place) is not null
      and jsonb_typeof(compiled #> t.steps) in ('object', 'boolean') is not true);
end
$$;
comment on function almanac_private.read_schema(jsonb) is
  'A task''s JSON Schema as it is checked, what is not checked of it, and what is wrong with it: see '
  'almanac_private.compile_schema.';
grant execute on function almanac_private.read_schema(jsonb) to almanac_viewer;
