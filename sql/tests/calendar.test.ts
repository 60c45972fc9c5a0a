import { Client, type ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { seed } from '../../tests/browser/seed.ts'
import { queryOn } from '../../process/query.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const DAY = ['2100-03-01T00:00:00Z', '2100-03-02T00:00:00Z'] as const
async function calendar(client: ClientBase, settings = '', [start, end]: readonly [string, string] = DAY) {
  const { rows } = await client.query<{
    item: string
    name: string
    at: string
    total: number
    upcoming: number
  }>(
    `select item, schedule_name as name, to_char(starts_at at time zone 'UTC', 'DD HH24:MI') as at, total::int, upcoming::int
     from almanac.calendar($1, $2 ${settings}) order by starts_at, schedule_name`,
    [start, end],
  )
  return rows.map((row) => [row.item, row.name, row.at, row.total, row.upcoming])
}

it('the future of a schedule is its occurrences', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '30 6,18 * * *', 'almanac:noop')`)

    expect(await calendar(client)).toEqual([
      ['occurrence', 'x', '01 06:30', 1, 1],
      ['occurrence', 'x', '01 18:30', 1, 1],
    ])
  }))

it('a schedule with many a day comes as counts per bucket', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '*/15 * * * *', 'almanac:noop')`)

    const items = await calendar(client, `, bucket => '6 hours'`)

    expect(items).toEqual(
      [0, 6, 12, 18].map((hour) => ['bucket', 'x', `01 ${String(hour).padStart(2, '0')}:00`, 24, 24]),
    )
  }))

it('days are those of the zone asked for', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '0 * * * *', 'almanac:noop')`)

    const items = await calendar(client, `, timezone => 'Asia/Tokyo', bucket => '1 day'`)

    expect(items[0]).toEqual(['bucket', 'x', '28 15:00', 15, 15])
    expect(items.slice(1).map((item) => item[0])).toEqual(Array<string>(9).fill('occurrence'))
  }))

it('runs and omissions are shown where they happened', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => '{"starts_at": "2100-03-01T00:00:00Z", "missed_run_policy": "run_latest"}')`,
    )
    await client.query(`select almanac_private.fire_due('2100-03-01T03:00:30Z')`)

    expect(await calendar(client, '', [DAY[0], '2100-03-01T06:00:00Z'])).toEqual([
      ['omission', 'x', '01 00:00', 3, 0],
      ['run', 'x', '01 03:00', 1, 0],
      ['occurrence', 'x', '01 04:00', 1, 1],
      ['occurrence', 'x', '01 05:00', 1, 1],
    ])
  }))

it('a paused schedule shows the occurrences it would have', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '30 6 * * *', 'almanac:noop')`)
    await client.query(`select almanac.pause('x')`)

    expect(await calendar(client)).toEqual([['occurrence', 'x', '01 06:30', 1, 1]])
  }))

describe('more than max_count', () => {
  const crowd = (client: ClientBase) =>
    client.query(
      `select almanac.schedule_cron('x' || i, '30 ' || i || ' * * *', 'almanac:noop') from generate_series(1, 5) i`,
    )

  it('is counted, all schedules together per bucket', () =>
    inTransaction(db, async (client) => {
      await crowd(client)

      expect(await calendar(client, `, max_count => 3, bucket => '2 hours'`)).toEqual([
        ['density', null, '01 00:00', 1, 1],
        ['density', null, '01 02:00', 2, 2],
        ['density', null, '01 04:00', 2, 2],
      ])
    }))

  it('is counted per schedule and bucket where these are few enough, otherwise per schedule and day', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron(name, '0 */3 * * *', 'almanac:noop') from unnest('{a,b}'::text[]) name`,
      )

      expect(await calendar(client, `, max_count => 4, bucket => '12 hours'`)).toEqual([
        ['density', 'a', '01 00:00', 4, 4],
        ['density', 'b', '01 00:00', 4, 4],
        ['density', 'a', '01 12:00', 4, 4],
        ['density', 'b', '01 12:00', 4, 4],
      ])
      expect(await calendar(client, `, max_count => 3, bucket => '12 hours'`)).toEqual([
        ['density', 'a', '01 00:00', 8, 8],
        ['density', 'b', '01 00:00', 8, 8],
      ])
      expect(await calendar(client, `, max_count => 1, bucket => '1 day'`)).toEqual([
        ['density', null, '01 00:00', 16, 16],
      ])
    }))

  it('leaves failures as they are, each of them once', () =>
    inTransaction(db, async (client) => {
      await crowd(client)
      await client.query(
        `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, finished_at,
           max_attempts, priority, run_as)
         select s.id, s.name, 'almanac:noop', '{}', d.at, d.at, 'schedule', case when i = 1 then 'failed' else 'succeeded' end::almanac.run_status,
           d.at, 1, 1, 'x'
         from almanac.schedules s, generate_series(1, 2) i, lateral (select $1::timestamptz + i * interval '10 minutes' as at) d
         where s.name in ('x1', 'x2')`,
        [DAY[0]],
      )

      expect(await calendar(client, `, max_count => 4, bucket => '1 day'`)).toEqual([
        ['density', null, '01 00:00', 7, 5],
        ['run', 'x1', '01 00:10', 1, 0],
        ['run', 'x2', '01 00:10', 1, 0],
      ])
      // What is beyond max_count is counted with the rest.
      expect(await calendar(client, `, max_count => 1, bucket => '1 day'`)).toEqual([
        ['density', null, '01 00:00', 8, 5],
        ['run', 'x1', '01 00:10', 1, 0],
      ])
    }))

  it('counts each status as what it is: what waits is not running, what was cancelled not skipped', () =>
    inTransaction(db, async (client) => {
      await crowd(client)
      await client.query(
        `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
           started_at, finished_at, max_attempts, priority, run_as, reason)
         select s.id, s.name, 'almanac:noop', '{}', d.at, d.at, 'schedule', r.status,
           case when r.status in ('running', 'retrying') then d.at end,
           case when r.status not in ('waiting', 'queued', 'running', 'retrying') then d.at end,
           1, 1, 'x', case when r.status in ('skipped', 'cancelled') then 'reason' end
         from almanac.schedules s, unnest(enum_range(null::almanac.run_status)) with ordinality r(status, i),
           lateral (select $1::timestamptz + r.i * interval '1 minute' as at) d
         where s.name = 'x1'`,
        [DAY[0]],
      )
      const counts = async (settings: string) => {
        const { rows } = await client.query<Record<string, number>>(
          `select sum(total)::int as total, sum(succeeded)::int as succeeded, sum(failed)::int as failed, sum(skipped)::int as skipped,
             sum(cancelled)::int as cancelled, sum(running)::int as running, sum(waiting)::int as waiting, sum(upcoming)::int as upcoming
           from almanac.calendar($1, $2, schedules => '{x1}', ${settings})`,
          [...DAY],
        )
        return rows
      }

      const expected = [
        { total: 10, succeeded: 1, failed: 2, skipped: 1, cancelled: 1, running: 1, waiting: 3, upcoming: 1 },
      ]
      for (const settings of ['max_count => 5000', 'fold_above => 1', 'max_count => 4', 'max_count => 0']) {
        expect(await counts(settings), settings).toEqual(expected)
      }
    }))

  it('is counted by day where the buckets would be more than 1,000', () =>
    inTransaction(db, async (client) => {
      await crowd(client)

      const items = await calendar(client, `, max_count => 0, bucket => '1 minute'`, [
        DAY[0],
        '2100-03-03T00:00:00Z',
      ])

      expect(items).toEqual([
        ['density', null, '01 00:00', 5, 5],
        ['density', null, '02 00:00', 5, 5],
      ])
    }))

  it('counts the same as listing does, day by day and outcome by outcome', () =>
    inTransaction(db, async (client) => {
      await seed(queryOn(client), { runs: 3_000 })

      const counts = async (maxCount: number) => {
        const { rows } = await client.query<Record<string, string>>(
          `select date_trunc('day', greatest(starts_at, r.from_time), 'Europe/Paris')::text as day, sum(total)::int, sum(succeeded)::int, sum(failed)::int,
             sum(skipped)::int, sum(running)::int, sum(upcoming)::int, sum(cancelled)::int, sum(waiting)::int
           from (select now() - interval '3 days' as from_time, now() + interval '4 days' as to_time) r,
             almanac.calendar(r.from_time, r.to_time, 'Europe/Paris', max_count => $1) group by 1 order by 1`,
          [maxCount],
        )
        return rows
      }
      const kinds = async (maxCount: number) => {
        const { rows } = await client.query<{ kind: string }>(
          `select distinct item || case when schedule_id is null then ' of all' else '' end as kind
           from almanac.calendar(now() - interval '3 days', now() + interval '4 days', 'Europe/Paris', max_count => $1) order by 1`,
          [maxCount],
        )
        return rows.map(({ kind }) => kind)
      }

      const whole = await counts(100_000)
      expect(await kinds(100_000)).toEqual(['bucket', 'occurrence', 'omission', 'omitted', 'run'])
      for (const [maxCount, expected] of [
        [1_500, ['density', 'run']],
        [900, ['density', 'run']],
        [50, ['density of all', 'run']],
        [0, ['density of all']],
      ] as const) {
        expect(await kinds(maxCount), String(maxCount)).toEqual(expected)
        expect(await counts(maxCount), String(maxCount)).toEqual(whole)
      }
    }))
})

it('schedules that share a rule keep their own beginnings and ends', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron(name, '0 */6 * * *', 'almanac:noop', settings => settings::jsonb)
       from (values ('a', '{}'), ('b', '{"starts_at": "2100-03-01T05:00:00Z"}'), ('c', '{"ends_at": "2100-03-01T12:00:00Z"}'), ('d', '{}')) s(name, settings)`,
    )

    expect((await calendar(client)).map(([, name, at]) => `${name} ${at?.toString().slice(3)}`)).toEqual([
      'a 00:00',
      'c 00:00',
      'd 00:00',
      'a 06:00',
      'b 06:00',
      'c 06:00',
      'd 06:00',
      'a 12:00',
      'b 12:00',
      'd 12:00',
      'a 18:00',
      'b 18:00',
      'd 18:00',
    ])
  }))

it('the last bucket of a day ends with it, also where it has 23 or 25 hours', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '*/15 * * * *', 'almanac:noop')`)
    const ends = async (bucket: string, day: string) => {
      const { rows } = await client.query<{ hours: number }>(
        `select (extract(epoch from ends_at - starts_at) / 3600)::float8 as hours
         from (select $2::timestamp at time zone 'Europe/Paris' as day, ($2::timestamp + interval '1 day') at time zone 'Europe/Paris' as next) d,
           almanac.calendar(d.day, d.next, 'Europe/Paris', bucket => $1::interval, with_system => false) order by starts_at`,
        [bucket, day],
      )
      return rows.map(({ hours }) => hours)
    }

    expect(await ends('6 hours', '2100-03-28')).toEqual([6, 6, 6, 5])
    expect(await ends('6 hours', '2100-10-31')).toEqual([6, 6, 6, 6, 1])
    expect(await ends('1 day', '2100-10-31')).toEqual([25])
    expect(await ends('24 hours', '2100-03-28')).toEqual([23])
  }))

describe('a filter', () => {
  it.each([
    [`schedules => array['a', 'c']`, ['a', 'c']],
    [`tags => array['red']`, ['a', 'b']],
    [`task => 'other'`, ['c']],
    [`tags => array['red'], schedules => array['b', 'c']`, ['b']],
    [`schedules => '{}'`, []],
    [`schedule_ids => array(select id from almanac.schedules where name = 'b')`, ['b']],
    [`schedule_ids => '{}'`, []],
    [`search => 'C'`, ['c']],
    [`search => '%'`, []],
    [`search => 'b', tags => array['blue', 'red']`, ['b']],
    [`creator => 'someone else'`, ['b']],
    [`creator => 'someone'`, []],
  ])('%s', (filter, expected) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('other')`)
      await client.query(
        `select almanac.schedule_cron('a', '0 6 * * *', 'almanac:noop', settings => '{"tags": ["red"]}'),
           almanac.schedule_cron('b', '0 7 * * *', 'almanac:noop', settings => '{"tags": ["red", "blue"], "starts_at": "2100-03-01T00:00:00Z", "jitter": "1 minute"}'),
           almanac.schedule_cron('c', '0 8 * * *', 'other')`,
      )
      await client.query(`set local almanac.engine to on`)
      await client.query(`update almanac.schedules set created_by = 'someone else' where name = 'b'`)
      await client.query(`set local almanac.engine to off`)

      expect((await calendar(client, `, ${filter}`)).map(([, name]) => name)).toEqual(expected)
      const counted = await calendar(client, `, max_count => 0, with_system => false, ${filter}`)
      expect(counted.reduce((sum, [, , , total]) => sum + Number(total), 0)).toBe(expected.length)
    }),
  )

  it('is no longer than a name', () =>
    inTransaction(db, async (client) => {
      expect(await refusal(calendar(client, `, search => repeat('a', 201)`))).toMatchObject({
        code: 'AL012',
        message: 'The search text is too long.',
      })
    }))
})

describe('what is not due at its nominal time', () => {
  it('is shown where it is due; what will not run is shown as omitted', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_range('off', '2100-03-01 04:00Z', '2100-03-01 06:15Z')`)
      await client.query(
        `select almanac.schedule_cron('x', '0 */2 * * *', 'almanac:noop', settings => '{"calendars": ["off"], "exclusion_policy": "move", "ends_at": "2100-03-01T15:00:00Z"}')`,
      )
      await client.query(`select almanac.move_occurrence('x', '2100-03-01 10:00Z', '2100-03-01 10:40Z')`)
      await client.query(`select almanac.skip_occurrence('x', '2100-03-01 12:00Z')`)

      const { rows } = await client.query<{ text: string }>(
        `select item || to_char(scheduled_for at time zone 'UTC', ' HH24:MI') || to_char(starts_at at time zone 'UTC', ' HH24:MI') || coalesce(' ' || reason, '') as text
         from almanac.calendar($1, $2) order by starts_at`,
        [...DAY],
      )
      expect(rows.map((row) => row.text)).toEqual([
        'occurrence 00:00 00:00',
        'occurrence 02:00 02:00',
        'omitted 04:00 04:00 merged',
        'occurrence 06:00 06:15',
        'occurrence 08:00 08:00',
        'occurrence 10:00 10:40 moved',
        'omitted 12:00 12:00 skipped',
        'occurrence 14:00 14:00',
      ])
    }))

  it('is found by when it is due, however far that is from its nominal time, before and after it ran', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 6 1 4 *', 'almanac:noop', settings => '{"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2101-01-01T00:00:00Z"}')`,
      )
      await client.query(`select almanac.move_occurrence('x', '2100-04-01 06:00Z', '2100-03-01 08:00Z')`)
      expect(await calendar(client)).toEqual([['occurrence', 'x', '01 08:00', 1, 1]])

      await client.query(`select almanac_private.fire_due('2100-03-01 08:00Z')`)

      expect(await calendar(client)).toEqual([['run', 'x', '01 08:00', 1, 0]])
      expect(await calendar(client, '', ['2100-04-01T00:00:00Z', '2100-04-02T00:00:00Z'])).toEqual([])
    }))

  it('runs that max_runs leaves are counted from now, wherever the range begins', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 6 * * *', 'almanac:noop', settings => '{"starts_at": "2100-02-27T00:00:00Z", "max_runs": 3}')`,
      )

      expect(await calendar(client)).toEqual([['occurrence', 'x', '01 06:00', 1, 1]])
      expect(await calendar(client, '', ['2100-03-02T00:00:00Z', '2100-03-09T00:00:00Z'])).toEqual([])
    }))
})

it.each([
  ['AL012', `'2100-01-02', '2100-01-01'`],
  ['AL012', `'2100-01-01', '2105-01-01'`],
  ['AL012', `'2100-01-01', '2100-01-02', bucket => '1 month'`],
  ['AL012', `'2100-01-01', '2100-01-02', max_count => -1`],
  ['AL002', `'2100-01-01', '2100-01-02', timezone => 'Nowhere'`],
])('%s: calendar(%s) is refused', async (code, range) => {
  expect(await refusal(db.query(`select * from almanac.calendar(${range})`))).toMatchObject({ code })
})

it.each([
  `almanac.schedule_cron('x', '*/7 * * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
  `almanac.schedule_cron('x', '*/20 6-9 * * MON', 'almanac:noop', timezone => 'Australia/Lord_Howe')`,
  `almanac.schedule_every('x', '95 minutes', 'almanac:noop', settings => '{"starts_at": "2100-03-27T10:00:00Z", "ends_at": "2100-04-01T00:00:00Z"}')`,
  `almanac.schedule_every('x', '1 day', 'almanac:noop', timezone => 'Europe/Paris', settings => '{"starts_at": "2100-03-20T01:30:00Z", "max_runs": 5}')`,
])('what the calendar lists is what fires, one after the other: %s', (call) =>
  inTransaction(db, async (client) => {
    await client.query(`select ${call}`)

    const { rows } = await client.query<{ listed: string[]; fired: string[] }>(
      `with recursive s as (select * from almanac.schedules where name = 'x'),
       chain (at, position) as (
         select almanac_private.next_occurrence(s::almanac.schedules, '2100-03-26T00:00:00Z'), 1 from s
         union all
         select almanac_private.next_occurrence(s::almanac.schedules, c.at), c.position + 1 from chain c, s
         where c.at < '2100-04-05T00:00:00Z' and c.position < coalesce(s.max_runs, 5000)
       )
       select array(select o::text from s, almanac_private.occurrences_between(s::almanac.schedules, '2100-03-26T00:00:00.000001Z', '2100-04-05T00:00:00Z', 5000) o) as listed,
         array(select c.at::text from chain c where c.at < '2100-04-05T00:00:00Z' order by c.position) as fired`,
    )

    expect(rows[0]!.listed).toEqual(rows[0]!.fired)
    expect(rows[0]!.fired.length).toBeGreaterThan(0)
  }),
)

it('a schedule with exclusions and skipped occurrences is listed as a whole, not step by step', async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  try {
    await admin.query(`begin; set local track_functions = 'pl'`)
    await admin.query(
      `select almanac.create_calendar('nights'), almanac.exclude_recurring('nights', '0 22 * * *', '2 hours')`,
    )
    await admin.query(
      `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => '{"calendars": ["nights"], "jitter": "20 seconds"}')`,
    )
    await admin.query(`select almanac.skip_occurrence('x', '2100-03-02T12:00:00Z')`)
    const calls = async () =>
      (
        await admin.query<{ calls: number }>(
          `select coalesce(sum(pg_stat_get_xact_function_calls(p.oid)), 0)::int as calls from pg_proc p
           where p.pronamespace = 'almanac_private'::regnamespace and p.proname in ('planned_occurrences', 'next_cron', 'search_cron')`,
        )
      ).rows[0]!.calls
    const before = await calls()

    const [day] = (
      await admin.query<{ total: number; skipped: number; upcoming: number }>(
        `select sum(total)::int as total, sum(skipped)::int as skipped, sum(upcoming)::int as upcoming
         from almanac.calendar('2100-03-01T00:00:00Z', '2100-03-08T00:00:00Z', schedules => '{x}')`,
      )
    ).rows

    expect(day).toEqual({ total: 7 * 1440, skipped: 7 * 120 + 1, upcoming: 7 * 1320 - 1 })
    expect((await calls()) - before).toBeLessThan(100)
  } finally {
    await admin.end()
  }
})

it.each(['{}', '{nights}'])(
  'jitter is the same wherever a range begins or ends, with calendars %s',
  (calendars) =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.create_calendar('nights'), almanac.exclude_recurring('nights', '7 * * * *', '9 minutes')`,
      )
      await client.query(
        `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => jsonb_build_object('calendars', $1::text[], 'jitter', '5 minutes'))`,
        [calendars],
      )

      const { rows } = await client.query<{ whole: string; parts: string }>(
        `with s as (select s from almanac.schedules s where name = 'x'),
       whole as (select c.* from s, almanac_private.coming_occurrences(s.s, '2100-03-01Z', '2100-03-01T06:00:00Z', null, true) c),
       parts as (
         select c.* from s, generate_series('2100-03-01Z'::timestamptz, '2100-03-01T05:57:00Z', '3 minutes') g(at),
           almanac_private.coming_occurrences(s.s, g.at, g.at + interval '3 minutes', null, true) c
       )
       select (select string_agg(w::text, ' ' order by w.due_at, w.scheduled_for) from whole w) as whole,
         (select string_agg(p::text, ' ' order by p.due_at, p.scheduled_for) from parts p) as parts`,
      )

      expect(rows[0]!.parts).toBe(rows[0]!.whole)
    }),
)
