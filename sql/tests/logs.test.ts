import type { ClientBase } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  asRole,
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await db.query(
    `select almanac.register_task('talks'); select almanac.schedule_cron('talks', '0 3 * * *', 'talks')`,
  )
})
afterAll(() => db.drop())

interface Run {
  readonly id: string
  readonly schedule: string
  readonly worker: string
}

interface Part {
  readonly attempt?: number
  readonly from?: number
  readonly lines?: readonly (readonly [number, string, string])[]
  readonly count?: number
  readonly because?: string
}

async function begin(client: ClientBase): Promise<Run> {
  const { rows } = await client.query<Run>(
    `select almanac_private.register_worker('w', 'h', 1, '1', 1) as worker, t.id, t.schedule_id as schedule
     from almanac.trigger_now('talks') t`,
  )
  await client.query(
    `select almanac_private.begin_runs($1, array[id], array[scheduled_for]) from almanac.runs where id = $2`,
    [rows[0]!.worker, rows[0]!.id],
  )
  return rows[0]!
}

async function write(client: ClientBase, run: Run, ...parts: readonly Part[]): Promise<boolean> {
  const logs = parts.map(({ attempt = 1, from = 1, lines, count, because }) => ({
    schedule_id: run.schedule,
    run_id: run.id,
    attempt,
    first_line: from,
    line_count: count ?? lines?.length,
    at: Date.UTC(2030, 0, 1),
    lines,
    cut_because: because,
  }))
  const { rows } = await asRole(client, 'almanac_worker', (worker) =>
    worker.query<{ done: boolean }>('select almanac_private.write_logs($1) as done', [JSON.stringify(logs)]),
  )
  return rows[0]!.done
}

const read = async (client: ClientBase, run: Run, after = '0', most = 1000) =>
  (
    await asRole(client, 'almanac_viewer', (viewer) =>
      viewer.query<{
        id: string
        attempt: number
        line: number
        message: string | null
        cut: number | null
        why: string
      }>(
        `select id, attempt, line, level, message, cut_lines as cut, cut_because as why
         from almanac.run_log($1, $2, $3)`,
        [run.id, after, most],
      ),
    )
  ).rows

const numbered = (from: number, count: number, text = 'line') =>
  Array.from({ length: count }, (_, index) => [index, 'info', `${text} ${from + index}`] as const)

/** Parts of 500 lines, as a worker sends them. */
async function writeMany(
  client: ClientBase,
  run: Run,
  count: number,
  attempt = 1,
  text = 'line',
): Promise<void> {
  for (let from = 1; from <= count; from += 500)
    await write(client, run, { attempt, from, lines: numbered(from, Math.min(500, count - from + 1), text) })
}

describe('the log of a run', () => {
  it('is read line by line, in order, after any of them', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      await write(
        client,
        run,
        { from: 3, lines: [[5, 'error', 'three']] },
        {
          from: 1,
          lines: [
            [0, 'info', 'one'],
            [1, 'debug', 'two'],
          ],
        },
      )

      const lines = await read(client, run)

      expect(lines.map(({ line, message }) => [line, message])).toEqual([
        [1, 'one'],
        [2, 'two'],
        [3, 'three'],
      ])
      expect((await read(client, run, lines[1]!.id)).map(({ message }) => message)).toEqual(['three'])
      expect((await read(client, run, '0', 2)).map(({ message }) => message)).toEqual(['one', 'two'])
      const { rows } = await client.query(`select logged_at, level from almanac.run_log($1, $2)`, [
        run.id,
        lines[1]!.id,
      ])
      expect(rows).toEqual([{ logged_at: new Date(Date.UTC(2030, 0, 1) + 5), level: 'error' }])
    }))

  it('is written once, however often it is told', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      const part = { lines: numbered(1, 2) }

      expect([await write(client, run, part), await write(client, run, part)]).toEqual([true, true])

      expect(await read(client, run)).toHaveLength(2)
    }))

  it('keeps its beginning and its end, and says how many lines are cut between them', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      await writeMany(client, run, 12_000)
      await writeMany(client, run, 1, 2)

      const lines = [
        ...(await read(client, run, '0', 5_000)),
        ...(await read(client, run, '10000005000', 5_000)),
      ]
      const cut = lines.findIndex(({ cut }) => cut !== null)

      expect(lines[cut]).toMatchObject({
        line: 5_001,
        cut: 2_500,
        why: 'bound',
        id: '10000007500',
        message: null,
      })
      expect(lines[cut - 1]).toMatchObject({ line: 5_000 })
      expect(lines.slice(cut + 1).map(({ line }) => line)[0]).toBe(7_501)
      expect(lines.at(-1)).toMatchObject({ attempt: 2, line: 1 })
    }))

  it('is bounded in bytes as in lines, over all attempts', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      for (let attempt = 1; attempt <= 5; attempt++)
        await writeMany(client, run, 500, attempt, 'x'.repeat(500))

      const { rows } = await client.query<{ bytes: number; cut: number }>(
        `select sum(bytes)::int as bytes, count(*) filter (where cut_because = 'bound')::int as cut
         from almanac.run_logs where run_id = $1`,
        [run.id],
      )

      expect(rows[0]!.bytes).toBeGreaterThan(700_000)
      expect(rows[0]!.bytes).toBeLessThan(1_300_000)
      expect(rows[0]!.cut).toBe(2)
      expect((await read(client, run, '0', 5_000)).filter(({ cut }) => cut !== null)).toMatchObject([
        { attempt: 2, line: 1, cut: 500 },
        { attempt: 3, line: 1, cut: 500 },
      ])
    }))

  it('says what a worker could not tell', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      await write(client, run, { lines: numbered(1, 1) }, { from: 2, count: 7, because: 'lost' })

      expect(await read(client, run)).toMatchObject([
        { line: 1 },
        { line: 2, cut: 7, why: 'lost', id: '10000000008' },
      ])
    }))

  it('may be completed when the run has ended, and is not written for one of another schedule', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      await client.query(
        `select almanac_private.finish_runs($1, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for, 'status', 'succeeded')))
         from almanac.runs where id = $2`,
        [run.worker, run.id],
      )

      await write(client, run, { lines: numbered(1, 1) })
      await write(client, { ...run, schedule: '0' }, { attempt: 2, lines: numbered(1, 1) })

      expect(await read(client, run)).toMatchObject([{ attempt: 1, line: 1 }])
    }))

  it.each([
    ['of a run that is not there', 'select * from almanac.run_log(0)', 'AL007'],
    [
      'of more than 5,000 lines',
      'select * from almanac.run_log((select max(id) from almanac.runs), 0, 5001)',
      'AL012',
    ],
  ])('is an error that says so: %s', (_what, statement, code) =>
    inTransaction(db, async (client) => {
      await begin(client)
      expect(await refusal(client.query(statement))).toMatchObject({ code })
    }),
  )
})

describe('what is not as a worker writes it', () => {
  it.each([
    ['too much at once', { lines: [[0, 'info', 'x'.repeat(400_000)]] as const }],
    ['fewer lines than it says', { lines: numbered(1, 2), count: 3 }],
  ])('is not kept, and counted: %s', (_what, part: Part) =>
    inTransaction(db, async (client) => {
      const run = await begin(client)

      expect(await write(client, run, part)).toBe(true)

      expect(await read(client, run)).toMatchObject([
        { line: 1, cut: part.count ?? part.lines?.length, why: 'bound' },
      ])
    }),
  )

  it.each([
    ['no list', `'{}'`],
    ['no number', `'[{"run_id": "x"}]'`],
    ['nothing', 'null'],
  ])('fails no one: %s', (_what, logs) =>
    inTransaction(db, async (client) => {
      const { rows } = await client.query<{ done: unknown }>(
        `select almanac_private.write_logs(${logs}) as done`,
      )
      expect(rows[0]!.done).toBeTypeOf('boolean')
    }),
  )

  it('can be read all the same', () =>
    inTransaction(db, async (client) => {
      const run = await begin(client)
      await client.query(`select almanac_private.write_logs($1)`, [
        JSON.stringify([
          {
            schedule_id: run.schedule,
            run_id: run.id,
            attempt: 1,
            first_line: 1,
            line_count: 3,
            at: 0,
            lines: [{}, 'x', ['a', 1]],
          },
        ]),
      ])

      expect((await read(client, run)).map(({ message }) => message)).toEqual([null, null, null])
    }))

  it('waits for no one who has the table locked, and is told again later', async () => {
    const other = await db.connect()
    await inTransaction(db, async (client) => {
      const run = await begin(client)
      await other.query('begin; lock table almanac.run_logs in share mode')

      expect(await write(client, run, { lines: numbered(1, 1) })).toBe(false)

      await other.query('rollback')
      expect(await write(client, run, { lines: numbered(1, 1) })).toBe(true)
    })
    await other.end()
  })
})

describe('a role', () => {
  it('that has logged as much as it may in an hour keeps no more of it, and limits() says so', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `update almanac_private.settings set value = '2000' where key = 'log_bytes_per_hour'`,
      )
      await client.query(`update almanac.schedules set owner_user = null`)
      const run = await asRole(client, 'almanac_operator', async (operator) => {
        await operator.query(`select almanac.schedule_cron('of the operator', '0 3 * * *', 'talks')`)
        return (await operator.query<{ id: string }>(`select id from almanac.trigger_now('of the operator')`))
          .rows[0]!.id
      })
      const { rows } = await client.query<Run>(
        `select r.id, r.schedule_id as schedule, '0' as worker from almanac.runs r where r.id = $1`,
        [run],
      )

      await write(client, rows[0]!, { lines: [[0, 'info', 'x'.repeat(1_500)]] })
      await write(client, rows[0]!, { from: 2, lines: [[0, 'info', 'y'.repeat(1_500)]] })

      expect(await read(client, rows[0]!)).toMatchObject([
        { line: 1, cut: null },
        { line: 2, cut: 1, why: 'limit' },
      ])
      const { rows: limits } = await client.query<{ used: string }>(
        `select who, used, most from almanac.limits() where limit_name = 'log_bytes_per_hour'`,
      )
      expect(limits).toMatchObject([{ who: 'almanac_operator', most: '2000' }])
      expect(Number(limits[0]!.used)).toBeGreaterThan(1_500)
    }))

  it('has users, each of whom may log as much', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `update almanac_private.settings set value = '2000' where key = 'log_bytes_per_hour'`,
      )
      const { rows: users } = await client.query<{ id: string }>(
        `insert into almanac.users (username, role)
         values ('ann', 'operator'), ('bob', 'operator') returning id`,
      )
      const runs: Run[] = []
      for (const { id } of users) {
        await asRole(client, 'almanac_operator', (operator) =>
          operator.query(`select almanac.schedule_cron('of ${id}', '0 3 * * *', 'talks')`),
        )
        await client.query('update almanac.schedules set owner_user = $1 where name = $2', [id, `of ${id}`])
        const { rows } = await client.query<Run>(
          `select r.id, r.schedule_id as schedule, '0' as worker from almanac.trigger_now($1) r`,
          [`of ${id}`],
        )
        runs.push(rows[0]!)
      }

      for (const run of runs) {
        await write(client, run, { lines: [[0, 'info', 'x'.repeat(1_500)]] })
      }
      await write(client, runs[0]!, { from: 2, lines: [[0, 'info', 'y'.repeat(1_500)]] })

      expect(await read(client, runs[0]!)).toMatchObject([{ cut: null }, { cut: 1, why: 'limit' }])
      expect(await read(client, runs[1]!)).toMatchObject([{ cut: null }])
      const { rows: limits } = await client.query(
        `select who from almanac.limits() where limit_name = 'log_bytes_per_hour' order by who`,
      )
      expect(limits).toEqual([{ who: 'ann' }, { who: 'bob' }])
    }))

  it.each(['almanac_viewer', 'almanac_operator', 'almanac_admin', 'almanac_worker'] as const)(
    '%s writes no log by itself',
    (role) =>
      inTransaction(db, async (client) => {
        const statement = `insert into almanac.run_logs (run_id, scheduled_for, attempt, first_line, line_count, logged_at, bytes, lines)
          values (1, now(), 1, 1, 1, now(), 1, '[]')`
        expect(await refusal(asRole(client, role, (caller) => caller.query(statement)))).toMatchObject({
          code: '42501',
        })
      }),
  )

  it.each(['almanac_viewer', 'almanac_operator', 'almanac_admin', 'almanac_server'] as const)(
    '%s may not have it written either',
    (role) =>
      inTransaction(db, async (client) => {
        expect(
          await refusal(
            asRole(client, role, (caller) => caller.query(`select almanac_private.write_logs('[]')`)),
          ),
        ).toMatchObject({ code: '42501' })
      }),
  )
})

it('the log of a run is purged with it', () =>
  inTransaction(db, async (client) => {
    const run = await begin(client)
    await write(client, run, { lines: numbered(1, 1) })
    await client.query(`update almanac.runs set status = 'succeeded', finished_at = now() where id = $1`, [
      run.id,
    ])

    await client.query(`select almanac.purge(statement_timestamp())`)

    expect((await client.query('select from almanac.run_logs')).rowCount).toBe(0)
  }))
