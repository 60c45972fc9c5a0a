create or replace function almanac_private.tg_count_created() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint := (select count(*) from new_rows);
begin
  if v_count > 0 then
    perform almanac_private.count_uses('schedules', v_count);
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_created() is
  'After a statement that inserts schedules: counts them for whoever did it, once for all. Invoker: who calls is the '
  'point.';
