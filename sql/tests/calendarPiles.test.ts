import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { seed } from '../../tests/browser/seed.ts'
import { queryOn } from '../../process/query.ts'

const db = useTestDatabase()

const DAY = ['2100-03-01T00:00:00Z', '2100-03-02T00:00:00Z'] as const

/** "item name at: counts that are not zero" */
async function piles(client: ClientBase, settings: string, range: readonly [string, string] = DAY) {
  const { rows } = await client.query<{ text: string }>(
    `select concat_ws(' ', item, schedule_name, to_char(starts_at at time zone 'UTC', 'DD HH24:MI'),
       coalesce(status::text, case when item <> 'omission' then reason end), case when item in ('pile', 'bucket', 'omission') then total end,
       'succeeded ' || nullif(succeeded, 0) * nullif((run_id is null)::integer, 0),
       'failed ' || nullif(failed, 0) * nullif((run_id is null)::integer, 0),
       'upcoming ' || nullif(upcoming, 0) * nullif((item in ('pile', 'bucket'))::integer, 0)) as text
     from almanac.calendar($1, $2, piles => true, with_system => false, ${settings})
     order by starts_at, item <> 'pile', schedule_name, run_id`,
    [...range],
  )
  return rows.map(({ text }) => text)
}

/** `count` schedules each at 06:00, 06:01 and so on; called x01 and so on. */
const crowd = (client: ClientBase, count: number, hour = 6) =>
  client.query(
    `select almanac.schedule_cron('x' || lpad(i::text, 2, '0'), (i % 60) || ' ' || $2 || ' * * *', 'almanac:noop')
     from generate_series(1, $1::integer) i`,
    [count, hour],
  )

/** A run of each status, of the schedules x01 and so on, at 01:01 and so on. */
const runs = (client: ClientBase, statuses: readonly string[]) =>
  client.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       started_at, finished_at, max_attempts, priority, run_as, reason)
     select s.id, s.name, 'almanac:noop', '{}', d.at, d.at, 'schedule', r.status::almanac.run_status,
       case when r.status in ('running', 'retrying') then d.at end,
       case when r.status not in ('waiting', 'queued', 'running', 'retrying') then d.at end,
       1, 1, 'x', case when r.status in ('skipped', 'cancelled') then 'reason' end
     from unnest($1::text[]) with ordinality r(status, i)
     join almanac.schedules s on s.name = 'x' || lpad(r.i::text, 2, '0'),
       lateral (select $2::timestamptz + interval '1 hour' + r.i * interval '1 minute' as at) d`,
    [statuses, DAY[0]],
  )

describe('with piles, where there is more than max_count', () => {
  it('what someone should see is by itself, the rest is counted per bucket, all schedules together', () =>
    inTransaction(db, async (client) => {
      await crowd(client, 20)
      await runs(client, [...Array<string>(4).fill('succeeded'), 'failed', 'running', 'skipped'])
      await client.query(`select almanac.move_occurrence('x02', '2100-03-01 06:02Z', '2100-03-01 07:30Z')`)
      await client.query(`select almanac.skip_occurrence('x03', '2100-03-01 06:03Z')`)
      await client.query(
        `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
         select id, name, tstzrange($1, $1, '[]'), reason::almanac.omission_reason, 1
         from almanac.schedules, unnest('{missed,paused}'::text[]) reason where name = case reason when 'missed' then 'x01' else 'x04' end`,
        [DAY[0]],
      )

      expect(await piles(client, `fold_above => 3, max_count => 24`)).toEqual([
        'omission x01 01 00:00 1',
        'omission x04 01 00:00 1',
        'pile 01 01:00 4 succeeded 4',
        'run x05 01 01:05 failed',
        'run x06 01 01:06 running',
        'run x07 01 01:07 skipped',
        'pile 01 06:00 18 upcoming 18',
        'omitted x03 01 06:03 skipped',
        'occurrence x02 01 07:30 moved',
      ])
    }))

  it('a bucket with no more than fold_above, nor its share of max_count, is listed', () =>
    inTransaction(db, async (client) => {
      await crowd(client, 3, 5)
      await client.query(
        `select almanac.schedule_cron('y' || i, i || ' 6 * * *', 'almanac:noop') from generate_series(10, 36) i`,
      )
      const listed = [1, 2, 3].map((minute) => `occurrence x0${minute} 01 05:0${minute}`)

      const short = ['2100-03-01T05:00:00Z', '2100-03-01T07:00:00Z'] as const
      expect(await piles(client, `max_count => 6`, short)).toEqual([
        ...listed,
        'pile 01 06:00 27 upcoming 27',
      ])
      expect(await piles(client, `max_count => 5`, short)).toEqual([
        'pile 01 05:00 3 upcoming 3',
        'pile 01 06:00 27 upcoming 27',
      ])
      expect(await piles(client, `max_count => 6, fold_above => 2`, short)).toHaveLength(2)
    }))

  it('comes by itself only as much as max_count, the worst first, and the rest is in the piles', () =>
    inTransaction(db, async (client) => {
      await crowd(client, 30)
      await runs(client, ['skipped', 'queued', 'retrying', 'cancelled', 'timed_out', 'succeeded', 'failed'])
      const shown = async (count: number) =>
        (await piles(client, `max_count => ${count}, fold_above => 0`)).filter((text) =>
          text.includes(' 01:'),
        )

      expect(await shown(2)).toEqual([
        'pile 01 01:00 5 succeeded 1',
        'run x05 01 01:05 timed_out',
        'run x07 01 01:07 failed',
      ])
      expect(await shown(5)).toEqual([
        'pile 01 01:00 2 succeeded 1',
        'run x01 01 01:01 skipped',
        'run x02 01 01:02 queued',
        'run x03 01 01:03 retrying',
        'run x05 01 01:05 timed_out',
        'run x07 01 01:07 failed',
      ])
    }))

  it('frequent schedules are counts of their own, those that failed most first; others are in the piles', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron(name, minutes || ' 6 * * *', 'almanac:noop')
         from (values ('x01', '*/10'), ('x02', '*/4'), ('x03', '*/5')) s(name, minutes)`,
      )
      await runs(client, ['failed', 'succeeded', 'failed'])
      const six = ['2100-03-01T00:00:00Z', '2100-03-01T12:00:00Z'] as const

      expect(await piles(client, `max_count => 24, fold_above => 5, bucket => '6 hours'`, six)).toEqual([
        'bucket x01 01 00:00 1 failed 1',
        'bucket x02 01 00:00 1 succeeded 1',
        'bucket x03 01 00:00 1 failed 1',
        'bucket x01 01 06:00 6 upcoming 6',
        'bucket x02 01 06:00 15 upcoming 15',
        'bucket x03 01 06:00 12 upcoming 12',
      ])
      expect(await piles(client, `max_count => 4, fold_above => 5, bucket => '6 hours'`, six)).toEqual([
        'bucket x01 01 00:00 1 failed 1',
        'bucket x03 01 00:00 1 failed 1',
        'run x02 01 01:02 succeeded',
        'pile 01 06:00 15 upcoming 15',
        'bucket x01 01 06:00 6 upcoming 6',
        'bucket x03 01 06:00 12 upcoming 12',
      ])
    }))

  it('a pile begins and ends with the range, and is a day where the buckets would be more than 1,000', () =>
    inTransaction(db, async (client) => {
      await crowd(client, 20)
      const ends = async (settings: string, range: readonly [string, string]) => {
        const { rows } = await client.query<{ at: string }>(
          `select to_char(starts_at, 'DD HH24:MI') || to_char(ends_at, ' - DD HH24:MI') as at
           from almanac.calendar($1, $2, piles => true, with_system => false, max_count => 10, ${settings}) where item = 'pile' order by starts_at`,
          [...range],
        )
        return rows.map(({ at }) => at)
      }
      await client.query(`set local timezone to 'UTC'`)

      expect(
        await ends(`bucket => '2 hours', fold_above => 1`, ['2100-03-01T06:03:00Z', '2100-03-01T07:10:00Z']),
      ).toEqual(['01 06:03 - 01 07:10'])
      expect(await ends(`bucket => '1 minute'`, [DAY[0], '2100-03-03T00:00:00Z'])).toEqual([
        '01 00:00 - 02 00:00',
        '02 00:00 - 03 00:00',
      ])
    }))

  it('a day alone, with its share of max_count, is as it is in the week', () =>
    inTransaction(db, async (client) => {
      await seed(queryOn(client), { runs: 5_000, daily: 200, now: new Date('2030-03-06T12:00:00Z') })
      const items = async (start: string, end: string, maxCount: number) => {
        const { rows } = await client.query<{ text: string }>(
          `select c::text as text from almanac.calendar($1, $2, 'UTC', piles => true, max_count => $3) c order by 1`,
          [start, end, maxCount],
        )
        return rows.map(({ text }) => text)
      }

      const week = await items('2030-03-04T00:00:00Z', '2030-03-11T00:00:00Z', 1_400)
      const days = []
      for (let day = 4; day <= 10; day++) {
        const date = (number: number) => `2030-03-${String(number).padStart(2, '0')}T00:00:00Z`
        days.push(...(await items(date(day), date(day + 1), 200)))
      }

      expect(week.some((text) => text.startsWith('(pile'))).toBe(true)
      expect([...new Set(days)].toSorted()).toEqual(week)
    }))

  it.each([
    ['1 hour', [5_000, 1_500, 900, 50, 1]],
    ['1 day', [900, 40]],
    ['1 minute', [900]],
  ] as const)('counts the same as listing does, with buckets of %s', (bucket, maxCounts) =>
    inTransaction(db, async (client) => {
      await seed(queryOn(client), { runs: 3_000, daily: 100 })
      const counts = async (settings: string) => {
        const { rows } = await client.query<Record<string, number>>(
          `select sum(total)::int as total, sum(succeeded)::int as succeeded, sum(failed)::int as failed, sum(skipped)::int as skipped,
             sum(running)::int as running, sum(upcoming)::int as upcoming, sum(cancelled)::int as cancelled, sum(waiting)::int as waiting
           from almanac.calendar(now() - interval '3 days', now() + interval '4 days', 'Europe/Paris', bucket => $1::interval, ${settings})
           group by date_trunc('day', greatest(starts_at, now() - interval '3 days'), 'Europe/Paris')
           order by date_trunc('day', greatest(starts_at, now() - interval '3 days'), 'Europe/Paris')`,
          [bucket],
        )
        return rows
      }

      const whole = await counts(`max_count => 100000`)
      for (const maxCount of maxCounts)
        expect(await counts(`piles => true, max_count => ${maxCount}`), String(maxCount)).toEqual(whole)
    }),
  )
})
