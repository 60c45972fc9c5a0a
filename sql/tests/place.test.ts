import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** As if the database had been copied here from another server. */
const copied = (client: ClientBase) =>
  client.query(`update almanac_private.place set system_identifier = 1, database_name = 'production'`)

/** A schedule of every minute that was last on time ten minutes ago. */
async function behind(client: ClientBase, settings: Record<string, unknown> = {}): Promise<void> {
  await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
    { overlap_policy: 'allow', missed_run_policy: 'run_all', ...settings },
  ])
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set created_at = now() - interval '1 hour', cursor_at = at, next_scheduled_for = at + interval '1 minute', next_run_at = at + interval '1 minute'
     from (select date_trunc('second', now()) - interval '10 minutes' as at) t`,
  )
  await client.query(`set local almanac.engine to 'off'`)
}

async function one<Row>(client: ClientBase, text: string, values: unknown[] = []): Promise<Row> {
  return (await client.query(text, values)).rows[0] as Row
}

const fire = (client: ClientBase) =>
  one<{ fired: number; next_due: Date | null }>(
    client,
    'select fired, next_due from almanac_private.fire_due()',
  )

describe('a copy', () => {
  it('fires nothing, and says of what it is one', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await copied(client)

      expect(await fire(client)).toEqual({ fired: 0, next_due: null })
      expect(await one(client, 'select almanac.copied_from()')).toEqual({
        copied_from: expect.stringMatching(
          /^production \(OID \d+ of system 1; here: almanac_test_\w+, OID/,
        ) as string,
      })
    }))

  it('keeps the jobs of its schedules, for later', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await copied(client)

      await client.query('select almanac_private.wake(array(select id from almanac.schedules))')

      expect(
        await one(
          client,
          `select run_at > now() + interval '1 minute' as later from graphile_worker.jobs where key like 'schedule:%'`,
        ),
      ).toEqual({ later: true })
    }))

  it('begins no run that was queued in the original', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await client.query(`select almanac.trigger_now('x')`)
      await copied(client)

      const error = await refusal(
        client.query(
          `select almanac_private.begin_runs(1, array[r.id], array[r.scheduled_for]) from almanac.runs r`,
        ),
      )

      expect(error).toMatchObject({ code: 'AL026', detail: expect.stringContaining('production') as string })
    }))
})

describe('adopted', () => {
  it('to continue, it catches up as its schedules say, and runs what was queued', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await client.query(`select almanac.trigger_now('x')`)
      await copied(client)

      expect(await one(client, `select almanac.adopt('continue')`)).toEqual({ adopt: 0 })

      expect(await fire(client)).toMatchObject({ fired: 10 })
      expect(
        await one(client, `select count(*)::int from graphile_worker.jobs where key like 'run:%'`),
      ).toEqual({ count: 11 })
    }))

  it('to skip, what was queued is cancelled and what was due is recorded as stopped', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await client.query(`select almanac.trigger_now('x')`)
      await copied(client)

      expect(await one(client, `select almanac.adopt('skip')`)).toEqual({ adopt: 1 })

      expect(await fire(client)).toMatchObject({ fired: 0 })
      expect(await one(client, 'select status, reason from almanac.runs')).toEqual({
        status: 'cancelled',
        reason: expect.stringContaining('copied from production') as string,
      })
      expect(await one(client, 'select reason, count::int from almanac.omissions')).toEqual({
        reason: 'stopped',
        count: 10,
      })
      expect(
        await one(client, `select count(*)::int from graphile_worker.jobs where key like 'run:%'`),
      ).toEqual({ count: 0 })
      expect(await one(client, `select almanac.why('x', max(upper(during))) from almanac.omissions`)).toEqual(
        { why: expect.stringContaining('copied from production') as string },
      )
    }))

  it('what ran in the original when it was copied is taken over, or cancelled', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await client.query(`select almanac.trigger_now('x')`)
      await client.query(`select almanac_private.register_worker('w', 'h', 1, '1', 1)`)
      await client.query(
        `select almanac_private.begin_runs((select max(id) from almanac.workers), array[r.id], array[r.scheduled_for]) from almanac.runs r`,
      )
      await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`)
      await copied(client)
      await client.query('savepoint s')

      await client.query(`select almanac.adopt('continue')`)
      expect(await one(client, 'select status from almanac.runs')).toEqual({ status: 'retrying' })
      await client.query('rollback to savepoint s')
      await client.query(`select almanac.adopt('skip')`)
      expect(await one(client, 'select status from almanac.runs')).toEqual({ status: 'cancelled' })
      expect(await one(client, 'select status from almanac.workers')).toEqual({ status: 'lost' })
    }))

  it('a stop that held in the original holds, and what was due before is not caught up when it ends', () =>
    inTransaction(db, async (client) => {
      await behind(client)
      await client.query(`select almanac.pause_all('night')`)
      await copied(client)

      await client.query(`select almanac.adopt('skip')`)

      expect(await one(client, 'select reason from almanac.stops where resumed_at is null')).toEqual({
        reason: 'night',
      })
      await client.query('select almanac.resume_all(catch_up => true)')
      expect(await fire(client)).toMatchObject({ fired: 0 })
    }))
})

it('a place that is the same under another name is not a copy', () =>
  inTransaction(db, async (client) => {
    await client.query(`update almanac_private.place set database_name = 'before it was renamed'`)

    expect(await one(client, 'select almanac.copied_from()')).toEqual({ copied_from: null })
    expect(await refusal(client.query(`select almanac.adopt('skip')`))).toMatchObject({
      code: 'AL013',
    })
  }))

it('a choice that there is not is refused', () =>
  inTransaction(db, async (client) => {
    await copied(client)

    expect(await refusal(client.query(`select almanac.adopt('go on')`))).toMatchObject({
      code: 'AL027',
    })
  }))

describe('the environment of a worker', () => {
  const enter = (client: ClientBase, environment: string | null) =>
    one<{ enter_place: string | null }>(client, 'select almanac_private.enter_place($1)', [environment])

  it('is noted when it is the first one given, and from then on only its workers work', () =>
    inTransaction(db, async (client) => {
      expect(await enter(client, null)).toEqual({ enter_place: null })
      expect(await enter(client, 'production')).toEqual({ enter_place: null })

      expect(await enter(client, 'production')).toEqual({ enter_place: null })
      expect(await enter(client, 'staging')).toEqual({
        enter_place:
          'This database belongs to the environment production, but ALMANAC_ENVIRONMENT is staging here.',
      })
      expect(await enter(client, null)).toEqual({
        enter_place:
          'This database belongs to the environment production, but ALMANAC_ENVIRONMENT is not set here.',
      })
    }))

  it('is another once the copy is adopted for it', () =>
    inTransaction(db, async (client) => {
      await enter(client, 'production')

      await client.query(`select almanac.adopt('skip', 'staging')`)

      expect(await enter(client, 'staging')).toEqual({ enter_place: null })
    }))

  it('does not let into a copy, nor is it noted there', () =>
    inTransaction(db, async (client) => {
      await copied(client)

      expect(await enter(client, 'staging')).toEqual({
        enter_place: expect.stringContaining('is a copy of production') as string,
      })
      expect(await one(client, 'select environment from almanac_private.place')).toEqual({
        environment: null,
      })
    }))
})
