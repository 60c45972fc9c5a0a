import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { startTestServer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
beforeAll(async () => {
  server = await startTestServer(db)
})
afterAll(async () => {
  await server.close()
})

describe('/healthz', () => {
  const health = async () => {
    const response = await fetch(`${server.url}/healthz`)
    return { status: response.status, facts: (await response.json()) as unknown }
  }
  const NOTHING = { checkedAt: null, isFresh: false, problems: null }

  it('says to anyone, while the database answers, that nothing runs', async () => {
    expect(await health()).toEqual({
      status: 200,
      facts: {
        database: true,
        workers: { running: 0, takingJobs: 0 },
        isCopy: false,
        isStopped: false,
        overdue: null,
        notBegun: null,
        limits: [],
        leader: false,
        ledger: NOTHING,
        blockers: [],
      },
    })
  })

  it('says how many workers are running, how many of them take jobs, and whether one leads', async () => {
    const [leader] = await db.query<{ id: string }>(`
      insert into almanac.workers (name, host, pid, version, concurrency, status, last_heartbeat_at, takes_nothing_since)
      values ('a', 'a', 1, '1', 1, 'active', now(), null), ('b', 'b', 1, '1', 1, 'active', now(), now()),
        ('c', 'c', 1, '1', 1, 'active', now() - interval '1 minute', null), ('d', 'd', 1, '1', 1, 'lost', now(), null)
      returning id`)
    await db.query(
      `insert into almanac_private.leases (name, worker_id, expires_at) values ('ticker', $1, now() + interval '1 minute')`,
      [leader?.id],
    )

    expect((await health()).facts).toMatchObject({ workers: { running: 2, takingJobs: 1 }, leader: true })

    await db.query('delete from almanac.workers')
  })

  it('tells of overdue schedules, of a stop of all, under which none is, and of a copy, with 200', async () => {
    await db.query(`select almanac.schedule_cron('late', '@hourly', 'almanac:noop')`)
    const admin = await db.connect()
    await admin.query(`set almanac.engine to 'on'`)
    await admin.query(
      `update almanac.schedules set next_run_at = now() - interval '1 minute' where name = 'late'`,
    )
    await admin.end()
    expect(await health()).toMatchObject({
      status: 200,
      facts: { overdue: { count: 1, since: expect.any(String) as string } },
    })

    await db.query(`select almanac.pause_all()`)
    expect((await health()).facts).toMatchObject({ isStopped: true, overdue: null })
    await db.query(`select almanac.resume_all()`)

    await db.query(`update almanac_private.place set database_oid = 1, database_name = 'production'`)
    expect(await health()).toMatchObject({
      status: 200,
      facts: { isCopy: true },
    })
    await db.query(`select almanac_private.record_place()`)
    await db.query(`select almanac.unschedule('late')`)
  })

  it('says whether the last check of the ledger is fresh', async () => {
    await db.query('select almanac_private.run_ledger_check()')

    expect((await health()).facts).toMatchObject({ ledger: { isFresh: true, problems: 0 } })
  })
})
