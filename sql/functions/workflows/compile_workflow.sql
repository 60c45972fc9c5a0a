create or replace function almanac_private.compile_workflow(definition jsonb) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 200;
  v_count integer;
  v_steps jsonb := '{}';
  v_given record;
  v_step jsonb;
  v_wrong record;
  v_left text[] := '{}';
  v_placed text[] := '{}';
  v_next text[];
  v_path text[];
begin
  perform almanac_private.check_payload_size(definition);
  v_count := case when jsonb_typeof(definition -> 'steps') = 'array' then jsonb_array_length(definition -> 'steps') end;
  if v_count is null or v_count not between 1 and v_most then
    perform almanac_private.refuse_workflow(format('A workflow has 1 to %s steps.', v_most),
      format('This one has %s.', coalesce(v_count::text, 'no list of steps')),
      'For example {"steps": [{"task": "extract"}, {"task": "load", "needs": ["extract"]}]}.');
  elsif (definition - array['steps', 'on_failure']) <> '{}'
    or coalesce(definition ->> 'on_failure', 'continue') not in ('continue', 'stop') then
    perform almanac_private.refuse_workflow('The definition of the workflow has what is not known.',
      left((definition - 'steps')::text, 200),
      'It has steps, and on_failure: continue with what does not depend on a failed step, or stop.');
  end if;
  for v_given in select s.step, s.nth from jsonb_array_elements(definition -> 'steps') with ordinality s(step, nth) loop
    v_step := almanac_private.read_step(v_given.step, v_given.nth,
      coalesce(definition ->> 'on_failure', 'continue') = 'continue');
    if v_steps ? (v_step ->> 'name') then
      perform almanac_private.refuse_workflow(format('Two steps are called %s.', v_step ->> 'name'),
        format('Step %s is one of them.', v_given.nth), 'Give one another name.');
    end if;
    v_steps := v_steps || jsonb_build_object(v_step ->> 'name', v_step);
    v_left := v_left || (v_step ->> 'name');
  end loop;
  select s.name, n.need into v_wrong
  from unnest(v_left) with ordinality s(name, nth)
  cross join jsonb_array_elements_text(v_steps -> s.name -> 'needs') n(need)
  where not v_steps ? n.need order by s.nth limit 1;
  if v_wrong.name is not null then
    perform almanac_private.refuse_workflow(
      format('Step %s needs %L, which is not one of its steps.', v_wrong.name, left(v_wrong.need, 200)),
      format('Its steps: %s.', left(array_to_string(v_left, ', '), 1000)),
      concat('Names must match exactly.', almanac_private.perhaps(v_wrong.need, v_left)));
  end if;
  loop
    v_next := array(
      select l.name from unnest(v_left) with ordinality l(name, nth)
      where not exists (select from jsonb_array_elements_text(v_steps -> l.name -> 'needs') n(need)
        where n.need <> all (v_placed)) order by l.nth);
    exit when v_next = '{}';
    v_placed := v_placed || v_next;
    v_left := array(select l.name from unnest(v_left) with ordinality l(name, nth)
      where l.name <> all (v_next) order by l.nth);
  end loop;
  if v_left <> '{}' then
    -- Each that is left needs one that is left.
    v_path := v_left[1:1];
    loop
      v_next := array(select n.need from jsonb_array_elements_text(v_steps -> v_path[cardinality(v_path)] -> 'needs')
        with ordinality n(need, nth) where n.need = any (v_left) order by n.nth limit 1);
      exit when v_next[1] = any (v_path);
      v_path := v_path || v_next;
    end loop;
    v_path := v_path[array_position(v_path, v_next[1]):] || v_next;
    perform almanac_private.refuse_workflow(format('The steps need each other: %s.', array_to_string(v_path, ' → ')),
      'a → b: a needs b.', 'Remove one of these needs.');
  end if;
  return (select jsonb_agg(v_steps -> p.name order by p.nth) from unnest(v_placed) with ordinality p(name, nth));
end
$$;
comment on function almanac_private.compile_workflow(jsonb) is
  'The steps of a definition, in an order in which each comes after what it needs, as graphs keep them. Raises AL036 '
  'where it is wrong, AL019 where it is too large.';
grant execute on function almanac_private.compile_workflow(jsonb) to almanac_operator;
