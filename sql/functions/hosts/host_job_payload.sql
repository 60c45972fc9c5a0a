-- Definer: Graphile Worker's tables are the owner's, and its public view has no payloads.
create or replace function almanac.host_job_payload(job_id bigint) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
as $$
declare
  v_payload text;
begin
  perform almanac_private.check_admin('host_job_payload');
  select p.payload::text into v_payload
  from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id
  where j.id = host_job_payload.job_id and almanac_private.is_host_job(j.key, j.task_identifier);
  return case when length(v_payload) > 100000 then left(v_payload, 99999) || '…' else v_payload end;
exception
  when undefined_table or undefined_column then
    perform almanac_private.refuse_other_jobs('payloads', sqlerrm);
end
$$;
comment on function almanac.host_job_payload(bigint) is
  'The payload of one of the application''s own jobs, as JSON, for admins; what is longer than 100,000 characters is '
  'cut, and ends with …. Null: there is no such job, it has ended, or it is one of Almanac''s.';
grant execute on function almanac.host_job_payload(bigint) to almanac_viewer;
