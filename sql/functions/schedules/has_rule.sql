create or replace function almanac_private.has_rule(
  kind almanac.schedule_kind, status almanac.schedule_status, deleted_at timestamptz, archived_at timestamptz
) returns boolean
language sql immutable parallel safe
return kind <> 'manual' and status <> 'disabled' and deleted_at is null and archived_at is null;
comment on function almanac_private.has_rule(
  almanac.schedule_kind, almanac.schedule_status, timestamptz, timestamptz
) is
  'Whether the times that a schedule''s rule names need an outcome: paused ones do, disabled and deleted ones do not.';
