create or replace function almanac_private.find_run(run_id bigint) returns almanac.runs
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_run almanac.runs;
begin
  select r.* into v_run from almanac.runs r where r.id = find_run.run_id;
  if v_run.id is null then
    raise exception using errcode = 'AL007',
      message = format('There is no run %s.', coalesce(find_run.run_id::text, 'null')),
      detail = 'Old history is deleted.',
      hint = 'See: select id, schedule_name, status from almanac.runs order by scheduled_for desc limit 20.';
  end if;
  return v_run;
end
$$;
comment on function almanac_private.find_run(bigint) is 'The run of this number; raises AL007 if there is none.';
grant execute on function almanac_private.find_run(bigint) to almanac_viewer;
