do $$
begin
  if to_regtype('almanac.roll_up') is null then
    create type almanac.roll_up as (
      total integer,
      unfinished integer,
      waiting integer,
      queued integer,
      running integer,
      retrying integer,
      succeeded integer,
      failed integer,
      timed_out integer,
      cancelled integer,
      skipped integer,
      progress real
    );
  end if;
end
$$;
comment on type almanac.roll_up is 'The children of a parent run, counted by their state.';
comment on column almanac.roll_up.total is 'How many children it has, or will have when it begins.';
comment on column almanac.roll_up.unfinished is 'How many of them have not ended; while it waits itself, all.';
comment on column almanac.roll_up.waiting is 'How many are steps that wait for others.';
comment on column almanac.roll_up.queued is 'How many are ready for a worker.';
comment on column almanac.roll_up.running is 'How many are running.';
comment on column almanac.roll_up.retrying is 'How many have failed and will be tried again.';
comment on column almanac.roll_up.succeeded is 'How many have succeeded.';
comment on column almanac.roll_up.failed is 'How many have failed for good.';
comment on column almanac.roll_up.timed_out is 'How many have timed out for good.';
comment on column almanac.roll_up.cancelled is 'How many were cancelled.';
comment on column almanac.roll_up.skipped is
  'How many are steps that were skipped, as one that they need did not succeed.';
comment on column almanac.roll_up.progress is 'Which part of them has ended, from 0 to 1.';
