create or replace function almanac.last_ledger_check() returns almanac.ledger_checks
language sql stable
begin atomic
  select c.* from almanac.ledger_checks c order by c.checked_at desc, c.id desc limit 1;
end;
comment on function almanac.last_ledger_check() is 'The latest check of the ledger; null: there was none.';
grant execute on function almanac.last_ledger_check() to almanac_viewer;
