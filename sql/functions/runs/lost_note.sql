create or replace function almanac_private.lost_note(
  lost_attempts integer, max_attempts integer, detail jsonb
) returns text
language sql stable parallel safe
return case
  when coalesce(detail ->> 'isLost', detail ->> 'isReturned') is distinct from 'true' then ''
  when max_attempts = 1
    then E'\nmax_attempts is 1, so it is not tried again: '
      'the task may have done its work. Check, then trigger its schedule.'
  when detail ->> 'isLost' = 'true' and lost_attempts >= almanac_private.max_lost_attempts() then format(
    E'\nThis is the %s worker lost while running it, so it is not tried again: its task may be '
      'what ends them (memory, a crash, a blocked CPU). Fix it, then trigger its schedule.',
    case lost_attempts when 1 then 'first' when 2 then 'second' when 3 then 'third' else lost_attempts || 'th' end)
  else '' end;
comment on function almanac_private.lost_note(integer, integer, jsonb) is
  'What is added to the error of a run whose attempt ended with its worker, if that ends the run. detail: what '
  'finish_runs was told.';
