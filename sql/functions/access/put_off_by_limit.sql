-- Called by definer functions, which may read what is put off.
create or replace function almanac_private.put_off_by_limit()
returns table (account text, limit_name text, count bigint, since timestamptz, until timestamptz)
language sql stable
begin atomic
  select almanac_private.account(s.run_as, s.owner_user), p.limit_name, count(*), min(p.due_at), min(p.until)
  from almanac_private.put_off p join almanac.schedules s on s.id = p.schedule_id and s.next_run_at = p.until
  where p.limit_name <> 'task_is_off'
  group by s.run_as, s.owner_user, p.limit_name;
end;
comment on function almanac_private.put_off_by_limit() is
  'How many schedules of each account are put off as it has met a limit, since when the first was due, and until when.';
