create or replace function almanac_private.tg_read_schema() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_read record;
begin
  if new.payload_schema is null then
    new.checked_schema := null;
    new.schema_problems := '{}';
  else
    select s.* into v_read from almanac_private.read_schema(new.payload_schema) s;
    new.checked_schema := v_read.compiled;
    new.schema_problems := array(select left(p.problem, 500)
      from unnest((v_read.wrong || v_read.unchecked)[:100]) with ordinality p(problem, n) order by p.n);
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_read_schema() is
  'Before a task is written with another schema: keeps what is checked of it, and what is not.';
