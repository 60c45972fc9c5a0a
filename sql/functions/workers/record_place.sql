create or replace function almanac_private.record_place(environment text default null) returns void
language sql volatile
begin atomic
  insert into almanac_private.place as p (system_identifier, database_oid, database_name, environment,
    recorded_at, recorded_by)
  select h.system_identifier, h.database_oid, current_database(), record_place.environment, statement_timestamp(),
    almanac_private.actor()
  from almanac_private.here() h
  on conflict (is_only) do update set system_identifier = excluded.system_identifier,
    database_oid = excluded.database_oid,
    database_name = excluded.database_name, environment = excluded.environment, recorded_at = excluded.recorded_at,
      recorded_by = excluded.recorded_by;
end;
comment on function almanac_private.record_place(text) is
  'Records that this database belongs where it is now, and in which environment.';
