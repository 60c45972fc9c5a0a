do $$
begin
  if to_regtype('almanac.active_run_page') is null then
    create type almanac.active_run_page as (
      run_ids bigint[], scheduled_fors timestamptz[], running integer, retrying integer, queued integer, waiting integer
    );
  end if;
end
$$;
comment on type almanac.active_run_page is 'Unfinished runs that fit a filter: some of them, and how many there are.';
comment on column almanac.active_run_page.run_ids is 'Ids of the runs.';
comment on column almanac.active_run_page.scheduled_fors is 'Their nominal times, in the same order.';
comment on column almanac.active_run_page.running is 'How many are running; 10,001: more than 10,000.';
comment on column almanac.active_run_page.retrying is
  'How many wait for their next attempt; 10,001: more than 10,000.';
comment on column almanac.active_run_page.queued is 'How many wait for a worker; 10,001: more than 10,000.';
comment on column almanac.active_run_page.waiting is 'How many wait for an earlier run; 10,001: more than 10,000.';
