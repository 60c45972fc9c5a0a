-- Called by count_uses and limits, with their rights.
create or replace function almanac_private.use_again_at(
  who text, kind text, wanted bigint, most bigint, as_of timestamptz
) returns timestamptz
language sql stable
begin atomic
  -- When enough of them are an hour old.
  select min(o.used_at) + interval '1 hour' from (
    select u.used_at, sum(u.count) over () - sum(u.count) over (order by u.used_at, u.id) as remaining
    from almanac_private.uses u
    where u.who = use_again_at.who and u.kind = use_again_at.kind
      and u.used_at > use_again_at.as_of - interval '1 hour'
  ) o
  where o.remaining + use_again_at.wanted <= use_again_at.most;
end;
comment on function almanac_private.use_again_at(text, text, bigint, bigint, timestamptz) is
  'When an operator who has reached a limit of an hour can do that many more. Null: never that many at once.';
