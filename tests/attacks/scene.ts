import type { TestDatabase } from '../database/createTestDatabase.ts'

/** What there is to be stolen, forged and stopped: schedules of a user, of a role and of the owner, with a past. */
export async function setScene(db: TestDatabase): Promise<void> {
  await db.query(`
    insert into almanac.users (username, role)
    values ('ann', 'operator'), ('viewer', 'viewer'), ('operator', 'operator'), ('admin', 'admin')
    on conflict (username) do nothing;
    select almanac.register_task('almanac:noop') where not exists (select from almanac.tasks where identifier = 'almanac:noop');
    select almanac.schedule_cron('of the owner', '0 3 * * *', 'almanac:noop', '{"secret": "of the owner"}');
    insert into almanac.schedules (name, kind, cron_expression, task_identifier, payload, owner_user)
    select 'of ann', 'cron', '0 3 * * *', 'almanac:noop', '{"secret": "of ann"}', id from almanac.users where username = 'ann';
    select almanac.create_calendar('days of ann');
    select almanac.import_exclusions('days of ann', 'holidays', '[{"starts_on": "2030-12-25", "rule": 0}]',
      '[{"label": "Christmas", "ics": "BEGIN:VEVENT", "known_until": null}]');
    select almanac.trigger_now('of ann');
    select almanac_private.create_login_token('ann', '\\x01');
    insert into almanac_private.sessions (token_hash, user_id, expires_at)
    select '\\x02', id, now() + interval '1 day' from almanac.users where username = 'ann'`)
  await db.query('analyze')
}
