import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { reportJump, watchClock } from './clock.ts'
import { until } from '../testing/until.ts'
import { startTicker } from './ticker.ts'

const db = useTestDatabase()

/** Reads a clock that is `offset` ms from the monotonic one, at `at`, with an answer that takes `took` ms. */
function read(watch: ReturnType<typeof watchClock>, at: number, offset: number, took = 0): number {
  return watch.observe(at + offset + took / 2, { sentAt: at, receivedAt: at + took })
}

test('a clock that advances as time does has not jumped, however long the readings are apart', () => {
  const watch = watchClock()

  expect([0, 60_000, 7_200_000].map((at) => read(watch, at, 1e12))).toEqual([0, 0, 0])
})

test('a clock that is set forward, and back, has jumped each time once', () => {
  const watch = watchClock()

  const jumps = [0, 7_200_000, 7_200_000, 0, 0].map((offset, second) => read(watch, second * 1000, offset))

  expect(jumps).toEqual([0, 7_200_000, 0, -7_200_000, 0])
})

test('an answer that takes long is not a jump', () => {
  const watch = watchClock()

  expect([0, 30_000, 60_000].map((at, index) => read(watch, at, 0, index === 1 ? 20_000 : 0))).toEqual([
    0, 0, 0,
  ])
})

test('a jump is as large as from the middle of one answer to that of the other', () => {
  const watch = watchClock()

  expect([0, 7_200_000].map((offset, second) => read(watch, second * 10_000, offset, 3_000))).toEqual([
    0, 7_200_000,
  ])
})

test('a clock that drifts has not jumped', () => {
  const watch = watchClock()

  const jumps = Array.from({ length: 20 }, (_, hour) => read(watch, hour * 3_600_000, hour * 2000))

  expect(new Set(jumps)).toEqual(new Set([0]))
})

test('going back is an error where schedules were fired beyond the clock, with the remedy', () => {
  const lines: string[] = []
  const log = (level: string, message: string) => lines.push(`${level}: ${message}`)

  reportJump(log, { jump: -7_200_000, ahead: 3 })
  reportJump(log, { jump: -7_200_000, ahead: 0 })
  reportJump(log, { jump: 7_200_000, ahead: 0 })

  expect(lines).toEqual([
    expect.stringMatching(
      /^error: .* jumped back by 7200 s\. 3 schedules were .* select \* from almanac\.replan_from_now\(\);$/,
    ),
    expect.stringMatching(/^warning: .* jumped back by 7200 s\. No schedule/),
    expect.stringMatching(/^warning: .* jumped forward by 7200 s/),
  ])
})

test('the ticker tells of a clock that was ahead and went back, however numbers are rounded, until all is planned again', async () => {
  const lines: string[] = []
  const first = Promise.withResolvers<void>()
  // What the ticker takes for the clock; firing itself goes by the real one.
  await db.query(`delete from almanac.schedules where not is_system`)
  await db.query(`drop schema if exists odd cascade; create schema odd;
    create table odd.clock as select interval '0' as ahead;
    create function odd.clock_timestamp() returns timestamptz language sql as 'select pg_catalog.clock_timestamp() + c.ahead from odd.clock c';
    grant usage on schema odd to public; grant select on odd.clock to public; grant execute on function odd.clock_timestamp() to public`)
  await db.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop')`)
  const ticker = startTicker({
    connect: async () => {
      const client = new Client({
        connectionString: db.connectionStringFor('worker'),
        options: '-c search_path=odd,pg_catalog -c extra_float_digits=-15',
      })
      await client.connect()
      return client
    },
    isLeader: () => true,
    onJobs: null,
    onCancels: () => undefined,
    onChanges: () => undefined,
    onHeld: () => undefined,
    onLeadFree: () => Promise.resolve(),
    onConnected: () => undefined,
    onFired: () => first.resolve(),
    log: (level, message) => lines.push(`${level}: ${message}`),
  })
  onTestFinished(() => ticker.stop())
  const told = (pattern: RegExp) =>
    until(String(pattern), async () => {
      await db.query('notify almanac_schedules')
      return lines.some((line) => pattern.test(line))
    })
  await db.query(`select almanac.schedule_at('first', clock_timestamp() + interval '100 ms', 'almanac:noop')`)
  await first.promise

  await db.query(`update odd.clock set ahead = '2 hours'`)
  await told(/^warning: .* jumped forward by 7[12]\d\d s/)
  await db.query(`select almanac_private.fire_due(now() + interval '2 hours')`)
  await db.query(`update odd.clock set ahead = '0'`)
  await told(/^error: .* jumped back by 7[12]\d\d s\. 1 schedule was fired beyond that time/)
  await db.query('select almanac.replan_from_now()')
  await ticker.stop()

  const [due] = await db.query(
    `select next_run_at < now() + interval '61 seconds' as soon from almanac.schedules where name = 'x'`,
  )
  expect(due).toEqual({ soon: true })
})
