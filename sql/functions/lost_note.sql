create or replace function almanac_private.lost_note(lost_attempts integer) returns text
language sql stable parallel safe
return case when lost_attempts >= almanac_private.max_lost_attempts() then format(
  E'\nIt is the %s worker that was lost with this run, which is not tried again: its task may be what ends them (memory, a crash, the CPU held). Mend it, then trigger its schedule.',
  case lost_attempts when 1 then 'first' when 2 then 'second' when 3 then 'third' else lost_attempts || 'th' end) else '' end;
comment on function almanac_private.lost_note(integer) is 'What is added to the error of a run with which so many workers were lost, if that ends it.';
