do $$
begin
  if to_regtype('almanac_private.compiled_cron') is null then
    create type almanac_private.compiled_cron as (
      seconds bigint,
      minutes bigint,
      hours integer,
      first_time integer,
      weekdays integer,
      months integer,
      days bit varying,
      running boolean
    );
  end if;
end
$$;
comment on type almanac_private.compiled_cron is
  'A cron text in the form that next_cron reads: masks of seconds, minutes, hours; first second of a day that '
  'matches; weekdays from Sunday, written twice; months from March, written twice (0: never matches); days for each '
  'of the 28 shapes a month can have (null: weekdays decide); whether it runs in both passes of a repeated hour.';
