-- Called by left_to_fire and limits, with their rights. Settings of its own, because it reads all there are, at once.
create or replace function almanac_private.count_unfinished(account text, most bigint) returns bigint
language plpgsql stable set search_path to pg_catalog, pg_temp
  set jit to off set enable_hashjoin to on set enable_seqscan to on set plan_cache_mode to auto
as $$
begin
  return (
    select count(*) from (
      select from almanac_private.live_runs l join almanac.schedules s on s.id = l.schedule_id
      where almanac_private.account(s.run_as, s.owner_user) = count_unfinished.account limit count_unfinished.most
    ) u);
end
$$;
comment on function almanac_private.count_unfinished(text, bigint) is
  'How many runs of schedules of an account have not ended, or most, if there are as many.';
