create or replace function almanac_private.execution_note(execution almanac.execution) returns text
language sql immutable parallel safe
return case
  when 'almanac' = all (array[execution.max_attempts_from, execution.retry_delay_from, execution.retry_backoff_from,
    execution.retry_ceiling_from, execution.timeout_from])
  then 'Its runs use Almanac''s defaults for attempts and timeout.'
  else format('Its runs have %s attempt%s (%s), %s, and %s (%s).',
    execution.max_attempts, case when execution.max_attempts <> 1 then 's' end,
    almanac_private.source_in_words(execution.max_attempts_from),
    case when execution.max_attempts = 1 then 'no retries'
      else format('%s apart (%s), times %s (%s), at most %s (%s)',
        almanac_private.spoken_interval(execution.retry_delay),
        almanac_private.source_in_words(execution.retry_delay_from), trim_scale(execution.retry_backoff),
        almanac_private.source_in_words(execution.retry_backoff_from),
        almanac_private.spoken_interval(execution.retry_ceiling),
        almanac_private.source_in_words(execution.retry_ceiling_from)) end,
    coalesce('a timeout of ' || almanac_private.spoken_interval(execution.timeout), 'no timeout'),
    almanac_private.source_in_words(execution.timeout_from))
  end;
comment on function almanac_private.execution_note(almanac.execution) is
  'Says in words how a run is attempted, and where each value comes from.';
grant execute on function almanac_private.execution_note(almanac.execution) to almanac_viewer;
