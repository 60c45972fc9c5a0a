-- Definer: no one else writes whose code a schedule is. The triggers for people's writes are passed by, as what runs
-- when does not change.
create or replace function almanac_private.end_apply(owner text, schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_engine text;
begin
  if not almanac_private.is_applying(end_apply.owner) then
    raise exception using errcode = 'AL013', message = format('The schedules of %s are not being applied.',
        coalesce(quote_literal(end_apply.owner), 'null')),
      detail = 'end_apply() belongs to begin_apply(), in one transaction.', hint = 'Call almanac.apply_schedules().';
  end if;
  v_engine := almanac_private.enter_engine();
  update almanac.schedules s set managed_by = c.name, managed_version = c.version
  from almanac_private.codebases c
  where c.name = end_apply.owner and s.id = any (end_apply.schedule_ids) and not s.is_system
    and (s.managed_by is null or s.managed_by = c.name)
    and (s.managed_by, s.managed_version) is distinct from (c.name, c.version)
    and almanac_private.may_change(s.owner_user, s.run_as_key);
  perform almanac_private.leave_engine(v_engine);
  delete from almanac_private.codebases c
  where c.name = end_apply.owner and not exists (select from almanac.schedules s where s.managed_by = c.name);
  update almanac_private.codebases c set applying = null where c.name = end_apply.owner;
end
$$;
comment on function almanac_private.end_apply(text, bigint[]) is
  'Says of schedules which code manages them, in which version, and ends what begin_apply() began. Of code without any '
  'schedule nothing is kept.';
grant execute on function almanac_private.end_apply(text, bigint[]) to almanac_operator;
