-- Definer: the table is closed. Two that apply wait for each other here, on the row of the code, so that the second
-- compares its version with that of the first.
--
-- The same version with other definitions is refused: of two processes that say they are the same, neither is newer,
-- and each would undo what the other did.
create or replace function almanac_private.begin_apply(
  owner text, version text, definitions_hash text, allow_older boolean
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_order constant numeric[] := almanac_private.version_order(begin_apply.version);
  v_found almanac_private.codebases;
  v_other bigint;
begin
  perform almanac_private.check_codebase(begin_apply.owner);
  select s.id into v_other from almanac.schedules s
  where s.managed_by = begin_apply.owner and s.deleted_at is null
    and not almanac_private.may_change(s.owner_user, s.run_as_key)
  order by s.id limit 1;
  if v_other is not null then
    perform almanac_private.refuse_change(v_other);
  end if;
  perform almanac_private.count_uses('changes', 1);
  insert into almanac_private.codebases as c (name, version, definitions_hash, applied_at, applied_by)
  values (begin_apply.owner, begin_apply.version, begin_apply.definitions_hash, statement_timestamp(),
    almanac_private.actor())
  on conflict on constraint codebases_pkey do update set name = c.name -- so that it is locked, and returned
  returning c.* into v_found;
  if not begin_apply.allow_older and almanac_private.version_order(v_found.version) > v_order then
    raise exception using errcode = 'AL042', column = 'version',
      message = format('A newer version of the schedules of %s is applied: %s.', v_found.name, v_found.version),
      detail = format('Version %s; the newer one was applied by %s on %s.', begin_apply.version, v_found.applied_by,
        almanac_private.recorded_time(v_found.applied_at)),
      hint = 'Nothing is to be done if that one is meant to stay. To go back to this one: allow_older => true, or '
        'almanac apply --allow-older.';
  elsif not begin_apply.allow_older and almanac_private.version_order(v_found.version) = v_order
    and v_found.definitions_hash <> begin_apply.definitions_hash then
    raise exception using errcode = 'AL044', column = 'version',
      message = format('Version %s of the schedules of %s is applied already, with other definitions.',
        v_found.version, v_found.name),
      detail = format('They were applied by %s on %s.', v_found.applied_by,
        almanac_private.recorded_time(v_found.applied_at)),
      hint = 'Declare a newer version, so that it is known which of the two stays.';
  end if;
  update almanac_private.codebases c
  set version = begin_apply.version, definitions_hash = begin_apply.definitions_hash,
    applied_at = statement_timestamp(), applied_by = almanac_private.actor(), applying = pg_current_xact_id()
  where c.name = begin_apply.owner;
end
$$;
comment on function almanac_private.begin_apply(text, text, text, boolean) is
  'Has this transaction change what the code manages, until end_apply(). Raises AL011 for what is someone else''s, '
  'AL042 where a newer version is applied, AL044 where the same is with other definitions.';
grant execute on function almanac_private.begin_apply(text, text, text, boolean) to almanac_operator;
