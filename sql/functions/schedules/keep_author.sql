-- Definer: no one else writes whose a schedule is. What the one has a task do must be what the other has it do, to the
-- letter, so that no one's own text gets another's rights.
create or replace function almanac_private.keep_author(schedule_id bigint, original_id bigint) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_original almanac.schedules;
  v_copy almanac.schedules;
  v_engine text;
begin
  select s.* into v_original from almanac.schedules s where s.id = keep_author.original_id;
  select s.* into v_copy from almanac.schedules s where s.id = keep_author.schedule_id;
  if not almanac_private.may_change(v_original.owner_user, v_original.run_as_key) then
    perform almanac_private.refuse_change(v_original.id);
  elsif not almanac_private.may_change(v_copy.owner_user, v_copy.run_as_key)
    or (v_copy.task_identifier, v_copy.target, v_copy.task_group, v_copy.workflow_name, v_copy.workflow_version,
      v_copy.payload)
      is distinct from (v_original.task_identifier, v_original.target, v_original.task_group,
        v_original.workflow_name, v_original.workflow_version, v_original.payload)
  then
    perform almanac_private.refuse_change(v_copy.id);
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s
  set owner_user = v_original.owner_user, run_as = v_original.run_as, run_as_key = v_original.run_as_key
  where s.id = v_copy.id
  returning s.* into v_copy;
  perform almanac_private.leave_engine(v_engine);
  return v_copy;
end
$$;
comment on function almanac_private.keep_author(bigint, bigint) is
  'Gives a copy of a schedule to whom the original belongs, with whose rights it runs. Both must be the caller''s to '
  'change, and have the same task and payload.';
grant execute on function almanac_private.keep_author(bigint, bigint) to almanac_operator;
