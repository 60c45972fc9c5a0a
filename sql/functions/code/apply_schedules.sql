-- Invoker: who applies becomes run_as and owner of what is created, as by any other statement, and changes nothing that
-- they could not change manually. All or nothing: the first refusal takes back the rest.
create or replace function almanac.apply_schedules(
  owner text, definitions jsonb, version text, hash text default null, adopt text[] default '{}',
  allow_older boolean default false
) returns table (name text, action text, changes jsonb)
language plpgsql volatile set search_path to pg_catalog, pg_temp set timezone to 'UTC'
as $$
#variable_conflict use_column
declare
  v_read record;
  v_refused text;
  v_ids bigint[] := '{}';
  v_id bigint;
  v_detail text;
  v_hint text;
  v_column text;
  v_message text;
begin
  perform almanac_private.check_definitions(apply_schedules.owner, apply_schedules.definitions);
  perform almanac_private.begin_apply(apply_schedules.owner, apply_schedules.version,
    encode(sha256(convert_to(apply_schedules.definitions::text, 'UTF8')), 'hex'),
    coalesce(apply_schedules.allow_older, false));
  -- In the order in which all lock them, and before they are read.
  perform from almanac.schedules s
  where almanac_private.may_change(s.owner_user, s.run_as_key) and s.deleted_at is null
    and (s.managed_by = apply_schedules.owner
      or s.name in (select d ->> 'name' from jsonb_array_elements(apply_schedules.definitions) d
        where jsonb_typeof(d) = 'object'))
  order by s.id for no key update;
  if apply_schedules.hash <> almanac_private.plan_hash(apply_schedules.owner, apply_schedules.definitions,
    apply_schedules.adopt) then
    raise exception using errcode = 'AL043', column = 'hash',
      message = format('What was planned for the schedules of %s is no longer what would be done.',
        apply_schedules.owner),
      detail = 'The schedules, the definitions or what is adopted have changed since the plan.',
      hint = 'Plan again, look at it, and apply that: almanac plan.';
  end if;
  v_refused := (
    select string_agg(format('%s: %s', coalesce(r.name, format('definition %s', r.place)), f ->> 'message'), ' '
      order by r.place, r.name)
    from almanac_private.read_definitions(apply_schedules.owner, apply_schedules.definitions, apply_schedules.adopt) r,
      jsonb_array_elements(r.refusals) f);
  if v_refused is not null then
    raise exception using errcode = 'AL041', column = 'definitions',
      message = format('The schedules of %s cannot be applied; nothing was changed.', apply_schedules.owner),
      detail = left(v_refused, 4000), hint = 'See each with its hint: almanac plan, or almanac.plan_schedules().';
  end if;
  for v_read in
    select r.* from almanac_private.read_definitions(apply_schedules.owner, apply_schedules.definitions,
      apply_schedules.adopt) r
    order by r.action <> 'archived', r.schedule_id, r.place
  loop
    name := v_read.name;
    action := v_read.action;
    changes := v_read.changes;
    begin
      if action = 'archived' then
        perform almanac.unschedule(name);
      else
        v_id := v_read.schedule_id;
        if action = 'restored' then
          perform almanac.restore_schedule(v_id);
        end if;
        if action = 'created' or v_read.definition <> '{}' then
          v_id := (almanac_private.save_schedule(v_read.definition, v_id)).id;
        end if;
        v_ids := v_ids || v_id;
      end if;
    exception when others then
      get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint,
        v_column = column_name;
      raise exception using errcode = sqlstate, column = v_column, message = format('%s: %s', name, v_message),
        detail = v_detail, hint = v_hint;
    end;
    return next;
  end loop;
  perform almanac_private.end_apply(apply_schedules.owner, v_ids);
end
$$;
comment on function almanac.apply_schedules(text, jsonb, text, text, text[], boolean) is
  'Brings the schedules that this code manages to its definitions, in one transaction, and says what was done with '
  'each; no others are touched. version: numbers with dots, or a time; an older one than was applied is refused '
  '(AL042) unless allow_older, and so is the same with other definitions (AL044). hash: that of the plan '
  'that was agreed to; AL043: it would no longer do that; null: '
  'whatever it does. The rest as for plan_schedules(). What the code no longer has is unscheduled, and can be '
  'restored.';
grant execute on function almanac.apply_schedules(text, jsonb, text, text, text[], boolean) to almanac_operator;
