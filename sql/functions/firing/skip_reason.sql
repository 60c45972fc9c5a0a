create or replace function almanac_private.skip_reason(override almanac.occurrence_overrides) returns text
language sql immutable parallel safe
return format('skipped by %s%s', (override).created_by, ': ' || (override).reason);
comment on function almanac_private.skip_reason(almanac.occurrence_overrides) is
  'What a run says that someone skipped: who did, and why.';
