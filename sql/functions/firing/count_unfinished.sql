-- Called by left_to_fire, with its rights.
create or replace function almanac_private.count_unfinished(account text, most bigint) returns bigint
language sql stable
return (
  select count(*) from (
    select from almanac_private.live_runs l where l.account = count_unfinished.account limit count_unfinished.most) u);
comment on function almanac_private.count_unfinished(text, bigint) is
  'How many runs of an account have not ended, or most, if there are as many.';
