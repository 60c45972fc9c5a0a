-- Called by definer functions, with their rights: no one else may lock these rows, while anyone may take an advisory
-- lock.
create or replace function almanac_private.take_turn(name text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac_private.turns (name) values (take_turn.name) on conflict do nothing;
  perform from almanac_private.turns t where t.name = take_turn.name for update;
end
$$;
comment on function almanac_private.take_turn(text) is
  'Waits, as long as lock_timeout allows, until no other transaction has this turn; keeps it until this one ends.';
