-- Of what people and code decide, not of what the engine counts, nor of the switch: a run or a pause between plan and
-- apply does not count.
create or replace function almanac_private.plan_hash(owner text, definitions jsonb, adopt text[]) returns text
language sql stable set search_path to pg_catalog, pg_temp set timezone to 'UTC' set intervalstyle to 'postgres'
as $$
  select encode(sha256(convert_to(jsonb_build_array(plan_hash.owner, plan_hash.definitions,
    (select jsonb_agg(a order by a) from unnest(plan_hash.adopt) a), (
      select jsonb_agg(jsonb_build_array(s.id, s.managed_by, (
        select jsonb_object_agg(d.key, d.value) from jsonb_each(to_jsonb(s)) d
        where d.key = any (almanac_private.code_columns()))) order by s.id)
      from almanac.schedules s
      where s.deleted_at is null and (s.managed_by = plan_hash.owner
        or s.name in (select d ->> 'name' from jsonb_array_elements(plan_hash.definitions) d
          where jsonb_typeof(d) = 'object'))))::text, 'UTF8')), 'hex')
$$;
comment on function almanac_private.plan_hash(text, jsonb, text[]) is
  'What a plan depends on, as a hash: the definitions, and the schedules that it would change, as they are.';
grant execute on function almanac_private.plan_hash(text, jsonb, text[]) to almanac_operator;
