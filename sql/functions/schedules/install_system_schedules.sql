create or replace function almanac_private.install_system_schedules() returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  perform set_config('almanac.system', 'on', true);
  update almanac.schedules s set name = format('%s (%s)', s.name, s.id)
  where s.name in ('almanac:check-ledger', 'almanac:apply-retention') and s.deleted_at is null and not s.is_system;
  insert into almanac.schedules as s
    (name, description, kind, cron_expression, task_identifier, priority, overlap_policy, max_attempts, retry_delay,
      timeout, is_system)
  values ('almanac:check-ledger', 'Compares the ledger with what the rules name, and keeps what it finds in '
    'almanac.ledger_checks.',
    'cron', '17 * * * *', 'almanac:check_ledger', 2, 'skip', 3, '1 minute', '10 minutes', true),
    ('almanac:apply-retention', 'Removes history that is no longer kept, by almanac.set_retention() and by what '
    'schedules say.',
    'cron', '41 * * * *', 'almanac:apply_retention', 2, 'skip', 3, '1 minute', '50 minutes', true)
  on conflict (name) where deleted_at is null do update
  set description = excluded.description, cron_expression = excluded.cron_expression, priority = excluded.priority,
    overlap_policy = excluded.overlap_policy, max_attempts = excluded.max_attempts, retry_delay = excluded.retry_delay,
      timeout = excluded.timeout;
  perform set_config('almanac.system', 'off', true);
end
$$;
comment on function almanac_private.install_system_schedules() is
  'Creates the system schedules, or brings them up to date. For migrations: only the owner may call it.';
