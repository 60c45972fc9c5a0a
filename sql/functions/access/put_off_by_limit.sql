-- Called by definer functions, which may read what is put off.
create or replace function almanac_private.put_off_by_limit()
returns table (run_as text, limit_name text, count bigint, since timestamptz, until timestamptz)
language sql stable
begin atomic
  select s.run_as::text, p.limit_name, count(*), min(p.due_at), min(p.until)
  from almanac_private.put_off p join almanac.schedules s on s.id = p.schedule_id and s.next_run_at = p.until
  where p.limit_name <> 'task_is_off'
  group by s.run_as, p.limit_name;
end;
comment on function almanac_private.put_off_by_limit() is
  'How many schedules of each role are put off as it has met a limit, since when the first was due, and until when.';
