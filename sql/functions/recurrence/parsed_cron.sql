do $$
begin
  if to_regtype('almanac_private.parsed_cron') is null then
    create type almanac_private.parsed_cron as (
      error_field text,
      error_index integer,
      message text,
      hint text,
      seconds bigint,
      minutes bigint,
      hours bigint,
      days bigint,
      months bigint,
      weekdays bigint,
      last_days bigint,
      nearest_weekdays bigint,
      last_weekday_of_month boolean,
      nth_weekdays bigint,
      final_weekdays bigint,
      day_of_month_open boolean,
      day_of_week_open boolean,
      running boolean
    );
  end if;
end
$$;
comment on type almanac_private.parsed_cron is
  'A parsed cron text, or the first thing wrong with it (message not null; error_index counts characters from '
  '0). Masks have bit n for value n; last_days: n days before the last; nth_weekdays: bit 5 × weekday + k − 1; '
  'final_weekdays: last such weekday.';
