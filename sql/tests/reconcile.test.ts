import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const hourly = (client: ClientBase) =>
  client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
async function repairs(client: ClientBase, within = ''): Promise<unknown[]> {
  const { rows } = await client.query<{ repair: string; name: string; detail: string }>(
    `select repair, schedule_name as name, regexp_replace(detail, '(for|at|now) 20[^.]*\\S*', '\\1 …', 'g') as detail from almanac.reconcile(${within})`,
  )
  return rows.map((row) => [row.repair, row.name, row.detail])
}
const jobs = async (client: ClientBase) =>
  (
    await client.query<{ key: string; matches: boolean | null }>(
      `select j.key, j.run_at = s.next_run_at + interval '2 seconds' as matches
       from graphile_worker.jobs j left join almanac.schedules s on j.key = 'schedule:' || s.id order by j.key`,
    )
  ).rows.map((row) => row.matches)

describe('reconcile', () => {
  it('leaves alone what is as it should be', () =>
    inTransaction(db, async (client) => {
      await hourly(client)

      expect(await repairs(client)).toEqual([])
    }))

  it('arms a schedule whose job is gone', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`delete from graphile_worker._private_jobs`)

      expect(await repairs(client)).toEqual([
        ['armed', 'x', expect.stringContaining('It had no job.') as string],
      ])
      expect(await jobs(client)).toEqual([true])
      expect(await repairs(client)).toEqual([])
    }))

  it('arms a schedule whose job is for a later time, or dead', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`update graphile_worker._private_jobs set run_at = run_at + interval '1 day'`)
      expect(await repairs(client)).toEqual([
        ['armed', 'x', expect.stringContaining('Its job was for') as string],
      ])

      await client.query(`update graphile_worker._private_jobs set attempts = max_attempts`)
      expect(await repairs(client)).toEqual([
        ['armed', 'x', expect.stringContaining('used up its attempts') as string],
      ])
      expect(await jobs(client)).toEqual([true])
    }))

  it("deletes Almanac's jobs that have failed for good, and leaves a host's", () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_every('x', '1 hour', 'almanac:noop'), almanac.trigger_now('x')`,
      )
      await client.query(
        `select graphile_worker.add_job(task) from unnest(array['almanac:wake', 'almanac-run:almanac:noop', 'almanac:noop', 'hosts']) task`,
      )
      await client.query(`update graphile_worker._private_jobs set attempts = max_attempts where key is null`)

      expect(await repairs(client)).toEqual([])
      const { rows } = await client.query<{ job: string }>(
        `select regexp_replace(coalesce(key, task_identifier), '[0-9]+', '…') as job from graphile_worker.jobs order by id`,
      )
      expect(rows.map(({ job }) => job)).toEqual(['schedule:…', 'run:…', 'almanac:noop', 'hosts'])
    }))

  it('removes the job of a schedule that is not to fire, and leaves the jobs of others', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`select almanac.pause('x')`)
      await client.query(
        `select graphile_worker.add_job('almanac:wake', json_build_object('scheduleId', id), job_key => 'schedule:' || id), graphile_worker.add_job('theirs', '{}', job_key => 'schedule:report') from almanac.schedules`,
      )

      expect(await repairs(client)).toEqual([
        ['disarmed', 'x', expect.stringContaining('nothing was due') as string],
      ])
      expect(await jobs(client)).toEqual([null])
    }))

  it('plans a schedule that is active without a next run', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(`update almanac.schedules set next_run_at = null, next_scheduled_for = null`)
      await client.query(`set local almanac.engine to 'off'`)

      expect(await repairs(client)).toEqual([['planned', 'x', expect.any(String) as string]])
      expect(await jobs(client)).toEqual([true])
    }))

  it('queues a run whose job is gone', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`select almanac.trigger_now('x')`)
      await client.query(`delete from graphile_worker._private_jobs where key like 'run:%'`)
      await client.query(`update almanac.runs set queued_at = now() - interval '1 minute'`)

      expect(await repairs(client)).toEqual([
        ['queued', 'x', expect.stringContaining('had no job') as string],
      ])
      expect((await client.query(`select from graphile_worker.jobs where key like 'run:%'`)).rowCount).toBe(1)
    }))

  it('queues a run again whose job failed before it had begun, and not one that a worker has', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`select almanac.trigger_now('x')`)
      await client.query(`update almanac.runs set queued_at = now() - interval '1 minute'`)
      const job = (columns: string) =>
        client.query(
          `update graphile_worker._private_jobs set attempts = max_attempts, ${columns} where key like 'run:%'`,
        )
      await job(`locked_at = now(), locked_by = 'w'`)
      expect(await repairs(client)).toEqual([])

      await job(`locked_at = null, locked_by = null, last_error = 'no connection'`)

      expect(await repairs(client)).toEqual([
        ['queued', 'x', expect.stringContaining('its job had used up its attempts') as string],
      ])
      const { rows } = await client.query(
        `select attempts, last_error from graphile_worker.jobs where key like 'run:%'`,
      )
      expect(rows).toEqual([{ attempts: 0, last_error: null }])
      expect(await repairs(client)).toEqual([])
    }))

  it('forgets a live run that was deleted manually, and lets go on what waited for it', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => '{"overlap_policy": "queue_one"}')`,
      )
      for (let count = 0; count < 2; count++)
        await client.query(
          'select almanac_private.fire_due(next_run_at) from almanac.schedules where name = $1',
          ['x'],
        )
      await client.query(`delete from almanac.runs where status = 'queued'`)

      expect(await repairs(client, `'2 minutes'`)).toEqual([
        ['forgotten', 'x', expect.stringContaining('Its run for') as string],
      ])
      expect((await client.query('select status from almanac.runs')).rows).toEqual([{ status: 'queued' }])
      expect(await repairs(client)).toEqual([])
    }))

  it('looks no further than it is asked to', () =>
    inTransaction(db, async (client) => {
      await hourly(client)
      await client.query(`delete from graphile_worker._private_jobs`)

      expect(await repairs(client, `'2 minutes'`)).toEqual([])
      expect(await repairs(client, `'2 hours'`)).toHaveLength(1)
    }))

  it('is for admins and workers', () =>
    inTransaction(db, async (client) => {
      await expect(asRole(client, 'almanac_operator', (as) => repairs(as))).rejects.toMatchObject({
        code: 'AL011',
      })
      expect(await asRole(client, 'almanac_worker', (as) => repairs(as))).toEqual([])
    }))
})
