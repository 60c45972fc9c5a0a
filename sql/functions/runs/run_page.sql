do $$
begin
  if to_regtype('almanac.run_page') is null then
    create type almanac.run_page as (run_ids bigint[], scheduled_fors timestamptz[], next text, stopped_at timestamptz);
  end if;
end
$$;
comment on type almanac.run_page is 'A page of runs that fit a filter, and where to search on.';
comment on column almanac.run_page.run_ids is 'Ids of the runs, the newest first.';
comment on column almanac.run_page.scheduled_fors is 'Their nominal times, in the same order.';
comment on column almanac.run_page.next is 'What finds older runs, given as after; null: there are none.';
comment on column almanac.run_page.stopped_at is
  'Back to which nominal time it has searched, where it stopped before the page was full; null: it did not.';
