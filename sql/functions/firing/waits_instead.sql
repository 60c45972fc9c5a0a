create or replace function almanac_private.waits_instead(
  overlap_policy almanac.overlap_policy, is_late boolean, is_held_up boolean
) returns boolean
language sql immutable parallel safe
return case
  when is_late then overlap_policy <> 'allow'
  else overlap_policy <> 'queue_one' and is_held_up
end;
comment on function almanac_private.waits_instead(almanac.overlap_policy, boolean, boolean) is
  'Whether an occurrence that its overlap policy would skip waits instead. is_late: it is caught up, which means '
  'that it runs. is_held_up: what is in its way was fired with it, or had not begun when it was due, as the '
  'engine was late. A plain expression, so that callers inline it.';
