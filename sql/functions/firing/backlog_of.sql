-- Without a set clause, so that callers inline it.
create or replace function almanac_private.backlog_of(account text, most integer)
returns table (unfinished bigint, is_behind boolean)
language sql stable rows 1
begin atomic
  select
    (select count(*) from (
      select from almanac_private.live_runs l where l.account = backlog_of.account limit backlog_of.most) l),
    exists (select from almanac_private.live_runs l where l.account = backlog_of.account and l.is_behind);
end;
comment on function almanac_private.backlog_of(text, integer) is
  'How many runs of an account are unfinished, or most, if there are as many, and whether some of them are behind the '
  'runs of other accounts.';
