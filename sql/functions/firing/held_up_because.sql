create or replace function almanac_private.held_up_because(
  reason text, detail text, run_as text, out because text, out remedy text
)
language sql immutable parallel safe
begin atomic
  select case held_up_because.reason
    when 'call' then 'one call fires only a part of what is behind, and others are caught up first'
    when 'calendars' then format('the calendars of schedules of %s take long to search (%s), and one call spends '
      '100 ms on those of a role', held_up_because.run_as, held_up_because.detail)
    when 'payloads' then 'the payloads that are due are large, and one call stores 2 MB of them'
    when 'run' then 'its overlap policy cancels a run that someone has locked'
    else format('it cannot be fired: %s', held_up_because.detail) end,
  case held_up_because.reason
    when 'call' then 'Nothing to do, the next calls continue. A shorter catchup_window leaves less to catch up.'
    when 'calendars' then 'Remove entries and windows that are no longer needed, or let its schedules fire at '
      'different times.'
    when 'payloads' then 'Nothing to do, the next calls continue. Smaller payloads, or different times, avoid it.'
    when 'run' then 'select * from almanac.blockers() names who has it locked.'
    else 'Fix what the error says: firing is retried with each call.' end;
end;
comment on function almanac_private.held_up_because(text, text, text) is
  'Says in words why a schedule is held up, and what to do about it.';
grant execute on function almanac_private.held_up_because(text, text, text) to almanac_viewer;
