create or replace function almanac_private.end_in_words(status almanac.run_status) returns text
language sql immutable parallel safe
return case status
  when 'cancelled' then 'was cancelled' when 'skipped' then 'was skipped' when 'timed_out' then 'timed out'
  else status::text end;
comment on function almanac_private.end_in_words(almanac.run_status) is
  'How a run that is in this state ended, to follow its name: "run 12 timed out".';
