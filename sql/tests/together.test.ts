import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, everyMinute, finish, fire, ledger, work } from './everyMinute.ts'

const db = useTestDatabase()

const TOLERANT = { late_tolerance: '10 minutes' }

describe('several that one firing finds due, none of them late', () => {
  it.each([
    ['skip', {}],
    ['queue_all', {}],
    ['allow', { max_concurrent: 1 }],
    ['cancel_running', {}],
  ])('run one after the other where nothing is running: %s', (overlap_policy, settings) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { ...TOLERANT, overlap_policy, ...settings })

      await fire(client, 130)
      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 waiting'])
      await work(client, 'succeeded', 131)
      await work(client, 'succeeded', 132)
      await work(client, 'succeeded', 133)

      expect(await ledger(client)).toEqual(['0 succeeded', '1 succeeded', '2 succeeded'])
    }),
  )

  it('are skipped where an earlier run is really running', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)
      await begin(client, 1)

      await fire(client, 130)

      expect(await ledger(client)).toEqual(['0 running', '1 skipped', '2 skipped'])
    }))

  it.each([
    ['skip', {}],
    ['queue_all', {}],
    ['allow', { max_concurrent: 1 }],
    ['cancel_running', {}],
  ])('wait for a run that had not begun when they were due: %s', (overlap_policy, settings) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { ...TOLERANT, overlap_policy, ...settings })
      await fire(client, 0)

      await fire(client, 130)

      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 waiting'])
    }),
  )

  it('wait behind those of an earlier firing, none of which had begun when they were due', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 70)

      await fire(client, 190)
      await work(client, 'succeeded', 191)

      expect(await ledger(client)).toEqual(['0 succeeded', '1 queued', '2 waiting', '3 waiting'])
    }))

  it('one that is on time waits behind one that was late, and had not begun either', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)
      await fire(client, 62)

      await fire(client, 120)

      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 waiting'])
    }))

  it('are skipped for a run from when it has begun', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)
      await begin(client, 61)

      await fire(client, 130)

      expect(await ledger(client)).toEqual(['0 running', '1 waiting', '2 skipped'])
    }))

  it.each([
    ['is skipped when it is on time', 61, '1 skipped'],
    ['waits when the engine is late', 62, '1 waiting'],
  ])('one alone that is due before an earlier run has begun %s', (_, seconds, outcome) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)

      await fire(client, seconds)

      expect(await ledger(client)).toEqual(['0 queued', outcome])
    }),
  )

  it('are skipped while those of an earlier firing wait', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 70)
      await begin(client, 71)

      await fire(client, 190)
      await finish(client, 'succeeded', 191)

      expect(await ledger(client)).toEqual(['0 succeeded', '1 queued', '2 skipped', '3 skipped'])
    }))
})

describe('a schedule is woken', () => {
  const wokenAfter = `select extract(epoch from j.run_at - s.next_run_at)::int as seconds
    from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id where s.name = 'x'`
  const worker = `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`

  it.each([
    ['at the instant where workers are alive and none has a ticker', worker, 0],
    [
      'a moment later where a ticker fires',
      `with w as materialized (${worker}) select almanac_private.heartbeat(id, '{}', true) from w`,
      2,
    ],
    ['a moment later where no worker is alive', 'select', 2],
    [
      'a moment later where workers were alive long ago',
      `${worker}; update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`,
      2,
    ],
  ])('%s', (_, before, seconds) =>
    inTransaction(db, async (client) => {
      await client.query(before)

      await everyMinute(client)

      expect((await client.query(wokenAfter)).rows).toEqual([{ seconds }])
    }),
  )
})
