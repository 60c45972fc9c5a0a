create or replace function almanac.plan_schedules(owner text, definitions jsonb, adopt text[] default '{}')
returns table (name text, action text, changes jsonb, added bigint, removed bigint, moved bigint, occurrences jsonb,
  warnings text[], refusals jsonb, hash text)
language plpgsql stable set search_path to pg_catalog, pg_temp set timezone to 'UTC'
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := statement_timestamp();
  -- Together, so that a plan takes seconds; of the schedules that come after, occurrences are not counted.
  v_left bigint := 1000000;
  v_rule constant text[] := array['kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at', 'ends_at',
    'max_runs', 'jitter', 'calendars', 'exclusion_policy'];
  v_read record;
  v_effect record;
begin
  for v_read in
    select * from almanac_private.read_definitions(plan_schedules.owner, plan_schedules.definitions,
      plan_schedules.adopt)
  loop
    name := v_read.name;
    action := case when v_read.refusals = '[]' then v_read.action else 'refused' end;
    changes := v_read.changes;
    refusals := v_read.refusals;
    added := 0;
    removed := 0;
    moved := 0;
    occurrences := '[]';
    warnings := '{}';
    -- Once for all: it reads each of them.
    hash := coalesce(hash,
      almanac_private.plan_hash(plan_schedules.owner, plan_schedules.definitions, plan_schedules.adopt));
    if action not in ('refused', 'archived') then
      warnings := almanac_private.plan_warnings(v_read.desired,
        plan_schedules.definitions -> (v_read.place - 1) ->> 'status');
    end if;
    if action in ('created', 'restored', 'archived')
      or action in ('changed', 'adopted') and v_read.definition ?| v_rule then
      if v_left <= 0 then
        added := null;
        removed := null;
        moved := null;
        warnings := warnings || 'Its occurrences are not compared: there are too many before it in this plan.'::text;
      else
        select * into v_effect
        from almanac_private.plan_effect(action, v_read.desired, v_read.definition, v_now);
        added := v_effect.added;
        removed := v_effect.removed;
        moved := v_effect.moved;
        occurrences := v_effect.occurrences;
        v_left := v_left - v_effect.compared;
        if not v_effect.is_whole then
          warnings := warnings || 'More than 100,000 occurrences in 30 days: they are not all compared.'::text;
        end if;
      end if;
    end if;
    return next;
  end loop;
end
$$;
comment on function almanac.plan_schedules(text, jsonb, text[]) is
  'What apply_schedules() would do, and with which effect on the next 30 days; nothing is changed. owner: the name of '
  'the code; definitions: an array of columns of almanac.schedules, each with a name, in which what is left out has '
  'its default; adopt: names of schedules made manually that become the code''s. action: created (disabled, unless '
  'status says active), restored (from the bin), adopted, changed, unchanged, archived (the code no longer has it), or '
  'refused, with the reasons in refusals. changes: of which column from what to what. occurrences: the first ten that '
  'are added, removed or moved. hash, the same in each row: what apply_schedules() compares.';
grant execute on function almanac.plan_schedules(text, jsonb, text[]) to almanac_operator;
