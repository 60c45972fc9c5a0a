-- Definer: no one reads the table of codebases, and no one but begin_apply() writes it, so that a setting will not do.
create or replace function almanac_private.is_applying(owner text) returns boolean
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from almanac_private.codebases c
    where c.name = is_applying.owner and c.applying = pg_current_xact_id_if_assigned())
$$;
comment on function almanac_private.is_applying(text) is
  'Whether this transaction is applying the schedules of this code.';
grant execute on function almanac_private.is_applying(text) to almanac_viewer;
