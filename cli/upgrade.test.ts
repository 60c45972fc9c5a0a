import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEmptyDatabase } from '../tests/database/createTestDatabase.ts'
import { MIGRATIONS_FOLDER } from '../process/migrationRecord.ts'
import { applyMigrations } from './migrations.ts'

/** A copy of the migrations up to one. */
async function migrationsUpTo(last: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-upgrade-'))
  await mkdir(join(folder, 'committed'))
  for (const name of await readdir(join(MIGRATIONS_FOLDER, 'committed')))
    if (name.slice(0, 6) <= last)
      await cp(join(MIGRATIONS_FOLDER, 'committed', name), join(folder, 'committed', name))
  return folder
}

test('jobs that a release before had queued wait for workers that record them, no sooner than they did', async () => {
  const folder = await migrationsUpTo('000007')
  const db = await createEmptyDatabase()
  const { connectionString } = db
  try {
    await applyMigrations({ connectionString, migrationsFolder: folder, withRights: false })
    await db.query(`
      select almanac.register_task('x');
      insert into almanac.schedules (name, kind, task_identifier) values ('now', 'manual', 'x'), ('later', 'manual', 'x'), ('begun', 'manual', 'x');
      select almanac.trigger_now(name) from almanac.schedules where not is_system;
      select graphile_worker.add_job('x', job_key => 'their key');
      select graphile_worker.reschedule_jobs(array(
        select j.id from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id where r.schedule_name = 'later'), run_at => '2099-01-01');
      update graphile_worker._private_jobs j set locked_at = now(), locked_by = 'pool-x'
      from almanac.runs r where j.key = 'run:' || r.id and r.schedule_name = 'begun'`)

    await applyMigrations({ connectionString, withCurrent: true })

    const jobs = await db.query(`
      select coalesce(r.schedule_name, j.key) as of, j.task_identifier as name, j.run_at > now() as waits
      from graphile_worker.jobs j left join almanac.runs r on j.key = 'run:' || r.id where j.key not like 'schedule:%' order by 1`)
    expect(jobs).toEqual([
      { of: 'begun', name: 'x', waits: false },
      { of: 'later', name: 'almanac-run:x', waits: true },
      { of: 'now', name: 'almanac-run:x', waits: false },
      { of: 'their key', name: 'x', waits: false },
    ])
  } finally {
    await db.drop()
    await rm(folder, { recursive: true })
  }
})
