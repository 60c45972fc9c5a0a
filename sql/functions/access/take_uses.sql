-- Called by count_uses and accounts_without_log, with their rights.
create or replace function almanac_private.take_uses(who text, kind text, count bigint, most bigint) returns bigint
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  v_used constant bigint := (
    select coalesce(sum(u.count), 0) from almanac_private.uses u
    where u.who = take_uses.who and u.kind = take_uses.kind and u.used_at > v_now - interval '1 hour');
begin
  if v_used + take_uses.count > take_uses.most then
    return v_used;
  end if;
  -- A row for each minute and backend, so that an hour is a few rows, and who counts waits for no one.
  insert into almanac_private.uses as u (who, kind, used_at, backend, count)
  values (take_uses.who, take_uses.kind, date_bin('1 minute', v_now, '2000-01-01Z'), pg_backend_pid(), take_uses.count)
  on conflict (who, kind, used_at, backend) do update set count = u.count + excluded.count;
  delete from almanac_private.uses u where u.id = any (array(
    select o.id from almanac_private.uses o where o.used_at < v_now - interval '1 hour'
    order by o.used_at limit 20 for update skip locked));
  return null;
end
$$;
comment on function almanac_private.take_uses(text, text, bigint, bigint) is
  'Counts that many uses of a kind, if within most in the last hour, and clears what is older. Null: counted; '
  'otherwise how many the hour has already, and nothing is counted.';
