import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

interface Occurrence {
  scheduled_for: Date
  due_at: Date
}

async function spread(client: ClientBase, every: string, jitter: string, settings = {}): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select id from almanac.schedule_every('x', $1, 'almanac:noop', settings => $2)`,
    [every, { starts_at: '2100-01-01T00:00:00Z', overlap_policy: 'allow', jitter, ...settings }],
  )
  return rows[0]!.id
}
const upcoming = async (client: ClientBase, count: number) =>
  (
    await client.query<Occurrence>(
      `select scheduled_for, due_at from almanac.upcoming('x', '2000-01-01', $1)`,
      [count],
    )
  ).rows

/** The rule, once more: h mod (J + 1) milliseconds, h the first 13 hex digits of an md5. */
function delay(scheduleId: string, scheduledFor: Date, mostMs: number): number {
  const second = Math.floor(scheduledFor.getTime() / 1000)
  const digest = createHash('md5').update(`${scheduleId}:${second}`).digest('hex')
  return parseInt(digest.slice(0, 13), 16) % (mostMs + 1)
}

it('each occurrence is due later by an amount that its schedule and its nominal time decide', () =>
  inTransaction(db, async (client) => {
    const id = await spread(client, '1 hour', '10 minutes')

    for (const { scheduled_for, due_at } of await upcoming(client, 20))
      expect(due_at.getTime() - scheduled_for.getTime()).toBe(delay(id, scheduled_for, 600_000))
  }))

it('a jitter longer than the interval is cut, so that none reaches the next', () =>
  inTransaction(db, async (client) => {
    const id = await spread(client, '1 minute', '1 hour')

    const list = await upcoming(client, 50)

    for (const [index, { scheduled_for, due_at }] of list.entries()) {
      expect(due_at.getTime() - scheduled_for.getTime()).toBe(delay(id, scheduled_for, 59_999))
      expect(due_at.getTime()).toBeLessThan(list[index + 1]?.scheduled_for.getTime() ?? Infinity)
    }
  }))

it('what is listed is what fires', () =>
  inTransaction(db, async (client) => {
    await spread(client, '10 minutes', '5 minutes')
    const listed = await upcoming(client, 12)

    for (let step = 0; step < 12; step++)
      await client.query(`select almanac_private.fire_due((select next_run_at from almanac.schedules))`)

    const { rows } = await client.query<Occurrence>(
      `select scheduled_for, due_at from almanac.runs where trigger = 'schedule' order by scheduled_for`,
    )
    expect(rows).toEqual(listed)
  }))

it('nothing fires before its time is up, and lateness counts from there', () =>
  inTransaction(db, async (client) => {
    await spread(client, '1 hour', '30 minutes', { late_tolerance: '1 second', missed_run_policy: 'skip' })
    const [first] = await upcoming(client, 1)

    const at = async (ms: number) =>
      (
        await client.query<{ fired: number }>(`select fired from almanac_private.fire_due($1)`, [
          new Date(first!.due_at.getTime() + ms),
        ])
      ).rows[0]!.fired

    expect(await at(-1)).toBe(0)
    expect(await at(500)).toBe(1)
  }))

it('an occurrence postponed when its rule changes is not lost', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => '{"jitter": "59 minutes"}')`,
    )
    await client.query(`set local almanac.engine to 'on'`)
    await client.query(
      `update almanac.schedules set created_at = now() - interval '1 second', cursor_at = now() - interval '2 seconds',
         next_scheduled_for = date_trunc('second', now() - interval '1 second')`,
    )
    await client.query(
      `update almanac.schedules s set next_run_at = (almanac_private.next_due(s)).due_at, next_scheduled_for = (almanac_private.next_due(s)).scheduled_for`,
    )
    await client.query(`set local almanac.engine to 'off'`)
    const due = `select next_run_at as at, next_scheduled_for as nominal from almanac.schedules`
    const [before] = (await client.query<{ at: Date; nominal: Date }>(due)).rows

    await client.query(`select almanac.schedule_every('x', '2 hours', 'almanac:noop')`)

    expect((await client.query(due)).rows).toEqual([before])
    expect(
      (await client.query(`select action, is_owed, is_carried_over from almanac.occurrence_overrides`)).rows,
    ).toEqual([{ action: 'move', is_owed: true, is_carried_over: true }])
    for (const [told, where] of [
      [
        /^Carried over from .*: its rule changed before it ran\.$/,
        `note from almanac.upcoming('x', max_count => 1)`,
      ],
      [
        /^Carried over from .*: its rule changed before it ran\.$/,
        `note from almanac.preview(jsonb_build_object('id', (select id from almanac.schedules)), 1)`,
      ],
      [
        /^carried over$/,
        `reason from almanac.calendar(now(), now() + interval '1 hour') where item = 'occurrence' limit 1`,
      ],
      [
        /\nIt is postponed to .*: its rule changed before it ran\.$/,
        `almanac.why('x', next_scheduled_for) from almanac.schedules`,
      ],
    ] as const) {
      const { rows } = await client.query<[string]>({ text: `select ${where}`, rowMode: 'array' })
      expect(rows[0]![0]).toMatch(told)
    }

    await client.query(
      `select almanac.move_occurrence('x', next_scheduled_for, now() + interval '70 minutes') from almanac.schedules`,
    )
    expect((await client.query(`select is_carried_over from almanac.occurrence_overrides`)).rows).toEqual([
      { is_carried_over: false },
    ])
  }))

it('a schedule without one is due at its nominal time', () =>
  inTransaction(db, async (client) => {
    await spread(client, '1 hour', '0 seconds')

    for (const { scheduled_for, due_at } of await upcoming(client, 5)) expect(due_at).toEqual(scheduled_for)
  }))
