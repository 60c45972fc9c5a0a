import type { Client } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { setScene } from './scene.ts'

const db = useTestDatabase({ each: true })
let operator: Client
let admin: Client
let worker: Client
beforeEach(async () => {
  await setScene(db)
  operator = await db.connect('operator')
  admin = await db.connect('admin')
  worker = await db.connect('worker')
  await admin.query(every(1, 'others', '{}'))
})

/** Schedules of every second, which may overlap. */
const every = (count: number, name: string, payload: string, task = 'almanac:noop') =>
  `select almanac.schedule_every('${name} ' || i, '1 second', '${task}', ${payload === '{}' ? `'{}'` : payload},
     settings => '{"overlap_policy": "allow"}') from generate_series(1, ${count}) i`
/** 259 kB that hardly compress. */
const LARGE = `(select jsonb_build_object('x', string_agg(md5(n::text), '')) from generate_series(1, 8090) n)`
const limit = (name: string, most: number) =>
  db.query(`update almanac_private.settings set value = $2 where key = $1`, [name, String(most)])

/** Has all schedules due for the first time a minute ago. */
const makeDue = () =>
  db.query(`
    begin;
    set local almanac.engine to 'on';
    update almanac.schedules set cursor_at = t.at - interval '1 ms', next_scheduled_for = t.at, next_run_at = t.at,
      created_at = t.at
    from (values (date_trunc('second', now()) - interval '1 minute')) t(at) where every = '1 second';
    update almanac_private.rule_versions v set valid_from = s.cursor_at, rule = almanac_private.rule_of(s)
    from almanac.schedules s where s.id = v.schedule_id and s.every = '1 second';
    commit`)

/** One call of the engine, that many seconds after that. */
async function fire(seconds: number): Promise<boolean> {
  const { rows } = await worker.query<{ again: boolean }>(
    `select f.next_due <= t.at as again
     from (select min(valid_from) + interval '1 ms' + make_interval(secs => $1) as at
       from (select $2::timestamptz as valid_from) v) t, almanac_private.fire_due(t.at) f`,
    [seconds, start],
  )
  return rows[0]!.again
}
let start: string
async function begin(): Promise<void> {
  await makeDue()
  const rows = await db.query<{ at: string }>(
    `select min(cursor_at)::text as at from almanac.schedules where every = '1 second'`,
  )
  start = rows[0]!.at
}

const count = async (text: string) =>
  (await db.query<{ count: number }>(`select count(*)::int ${text}`))[0]!.count
const runsOf = (name: string, more = '') =>
  count(`from almanac.runs where schedule_name like '${name} %' ${more}`)
const UNFINISHED = 'and finished_at is null'
const unscheduleAll = `select almanac.unschedule(name) from almanac.schedules where name like 'attack %' and deleted_at is null`

describe('an operator with 150 schedules of every second whose statements sleep', () => {
  beforeEach(async () => {
    await operator.query(every(150, 'attack', `'{"statement": "select pg_sleep(40)"}'`, 'almanac:sql'))
    await limit('unfinished_runs', 400)
    await begin()
    for (let second = 0; second < 20; second++) while (await fire(second));
  })

  it('has as many runs waiting as its limit allows, while others fire each second', async () => {
    expect(await runsOf('attack', UNFINISHED)).toBe(400)
    expect(await runsOf('others')).toBe(20)
    expect(
      (await db.query('select * from almanac.check_ledger()')).filter(
        ({ schedule_name }) => schedule_name === 'others 1',
      ),
    ).toEqual([])
  })

  it('leaves none when it deletes them', async () => {
    await operator.query(unscheduleAll)

    expect(await runsOf('attack', UNFINISHED)).toBe(0)
    expect(await count(`from graphile_worker.jobs where task_identifier = 'almanac-run:almanac:sql'`)).toBe(0)
  })

  it('has them cancelled by an admin, in parts', async () => {
    const cancelled: unknown[] = []
    for (let part = 1; part <= 3; part++) {
      const { rows } = await admin.query(
        `select * from almanac.cancel_queued(task => 'almanac:sql', max_count => 150)`,
      )
      cancelled.push(rows[0])
    }

    expect(cancelled).toEqual([
      { cancelled: 150, is_done: false },
      { cancelled: 150, is_done: false },
      { cancelled: 100, is_done: true },
    ])
    expect(await runsOf('attack', UNFINISHED)).toBe(0)
  })
})

describe('an operator with 200 schedules of every second with payloads of 259 kB', () => {
  beforeEach(async () => {
    await operator.query(every(200, 'attack', LARGE))
    await limit('payload_bytes_per_hour', 6_000_000)
    await begin()
  })

  it('keeps no one waiting for more than a part of them, and stores what its limit allows', async () => {
    for (let second = 0; second < 5; second++) {
      const before = await runsOf('attack')
      let again = await fire(second)
      // At the first call: whatever else is due, with a part of the large ones.
      expect(await runsOf('others')).toBe(second + 1)
      expect((await runsOf('attack')) - before).toBeLessThan(10)
      while (again) again = await fire(second)
    }

    expect(await runsOf('attack')).toBe(23)
  })

  it('deletes them, and none of what they are behind with is fired first', async () => {
    await operator.query(unscheduleAll)

    expect(await runsOf('attack')).toBe(0)
    expect(
      await count(`from almanac.omissions where schedule_name like 'attack %' and reason = 'stopped'`),
    ).toBe(200)
  })
})
