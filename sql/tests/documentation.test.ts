import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const docs = join(import.meta.dirname, '../../docs')

const textOf = (page: string) => readFileSync(join(docs, page), 'utf8')

type Row = Readonly<Record<string, string>>

/** The rows of all tables of a page with these columns; a test without rows would say nothing. */
function rowsOn(page: string, ...columns: string[]): Row[] {
  const lines = textOf(page).split('\n')
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) =>
        cell
          .trim()
          .replace(/^`(.*)`$/, '$1')
          .replaceAll('\\*', '*'),
      )
  const rows = lines.flatMap((line, at) => {
    if (!line.startsWith('|') || cells(line).join() !== columns.join()) return []
    const after = lines.slice(at + 2)
    return after
      .slice(
        0,
        after.findIndex((next) => !next.startsWith('|')),
      )
      .map((next) => cells(next))
  })
  if (rows.length === 0) throw new Error(`docs/${page} has no table of ${columns.join(', ')}`)
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? ''])))
}

/** A local time with its weekday, and with seconds where there are any. */
const shown = `to_char(at at time zone $2, 'Dy YYYY-MM-DD HH24:MI' || case when extract(second from at) = 0 then '' else ':SS' end)`

describe('docs/cron.md', () => {
  const rowsOf = (...columns: string[]) => rowsOn('cron.md', ...columns)

  it.each(rowsOf('expression', 'zone', 'meaning', 'next three'))(
    'the next three of $expression in $zone',
    async ({ expression, zone, 'next three': three }) => {
      const [row] = await db.query<{ next: string | null }>(
        `select string_agg(${shown}, ', ' order by at) as next
         from almanac.occurrences($1, $2, '2026-11-20T00:00:00.000001Z', 'infinity', 3) at`,
        [expression, zone],
      )

      expect(row!.next ?? 'never').toBe(three)
    },
  )

  it.each(rowsOf('macro', 'stands for'))('$macro stands for $1', async ({ macro, 'stands for': text }) => {
    const [row] = await db.query<{ same: boolean }>(
      `select almanac_private.compile_cron($1) is not distinct from almanac_private.compile_cron($2) as same`,
      [macro, text],
    )

    expect(row!.same).toBe(true)
  })

  it.each(rowsOf('text', 'field', 'position', 'message'))(
    'what is wrong with $text',
    async ({ text, ...told }) => {
      const [checked] = await db.query(
        `select coalesce(field, '') as field, coalesce(error_position::text, '') as position, message
         from almanac.check_cron($1) where not valid`,
        [text],
      )

      expect(checked).toEqual(told)
    },
  )

  it.each(rowsOf('text', 'hint'))('the hint for $text', async ({ text, hint }) => {
    expect(await db.query(`select hint from almanac.check_cron($1)`, [text])).toEqual([{ hint }])
  })

  it.each(rowsOf('written', 'hint'))('the hint for the zone $written', async ({ written, hint }) => {
    expect(await refusal(db.query(`select almanac_private.check_timezone($1)`, [written]))).toMatchObject({
      hint,
    })
  })

  it.each(rowsOf('text', 'code', 'message'))('$text warns of $code', async ({ text, code, message }) => {
    const [checked] = await db.query<{ warnings: unknown[] }>(`select warnings from almanac.check_cron($1)`, [
      text,
    ])

    expect(checked!.warnings).toContainEqual({ code, message })
  })

  it.each(rowsOf('expression', 'kind', '2026-03-29', '2026-10-25'))(
    'both odd days of $expression, a $kind rule',
    async ({ expression, kind, ...days }) => {
      expect(
        Object.fromEntries(
          await Promise.all(Object.keys(days).map(async (day) => [day, await nightOf(expression!, day)])),
        ),
      ).toEqual(days)
      const [row] = await db.query<{ running: boolean }>(
        `select (almanac_private.compile_cron($1)).running as running`,
        [expression],
      )
      expect(row!.running).toBe(kind === 'running')
    },
  )

  async function nightOf(expression: string, day: string): Promise<string> {
    const rows = await db.query<{ at: string }>(
      `select concat_ws(' ', to_char(r.shown, 'HH24:MI'), r.pass) as at
       from almanac.occurrences($1, 'Europe/Paris', almanac.local_time($2::date, 'Europe/Paris'),
         almanac.local_time($2::date + time '05:00', 'Europe/Paris')) o, almanac_private.local_reading(o, 'Europe/Paris') r
       order by o`,
      [expression, day],
    )
    return rows.map((row) => row.at).join(', ')
  }

  it.each(rowsOf('expression', 'zone', 'what the clock does', 'runs on'))(
    '$expression in $zone where $2',
    async ({ expression, zone, 'what the clock does': what, 'runs on': on }) => {
      const rows = await db.query<{ at: string }>(
        `select ${shown} as at from almanac.occurrences($1, $2, almanac.local_time($3::date, $2), almanac.local_time($3::date + 2, $2), 1) at`,
        [expression, zone, what!.slice(0, 10)],
      )

      expect(rows).toEqual([{ at: on }])
    },
  )

  it.each(rowsOf('interval', 'anchor', 'zone', 'after', 'next three'))(
    'every $interval from $anchor in $zone',
    async ({ interval, anchor, zone, after, 'next three': three }) => {
      const [row] = await db.query<{ next: string }>(
        `with recursive chain (at, position) as (
           select almanac_private.next_interval($1, almanac.local_time($3, $2), $2, almanac.local_time($4, $2)), 1
           union all
           select almanac_private.next_interval($1, almanac.local_time($3, $2), $2, c.at), c.position + 1 from chain c where c.position < 3
         ) select string_agg(${shown}, ', ' order by at) as next from chain`,
        [interval, zone, anchor, after],
      )

      expect(row!.next).toBe(three)
    },
  )

  it('every link and image leads somewhere', () => {
    const targets = [...textOf('cron.md').matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)]

    expect(targets.length).toBeGreaterThan(3)
    for (const [, path, anchor] of targets) {
      const text = readFileSync(join(docs, path!), 'utf8')
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(
        ([, heading]) =>
          `#${heading!
            .toLowerCase()
            .replace(/[^\w\- ]/g, '')
            .replaceAll(' ', '-')}`,
      )
      if (anchor) expect(headings).toContain(anchor)
    }
  })
})

describe.each(['clock-forward', 'clock-back'])('docs/images/%s.svg', (name) => {
  const drawing = readFileSync(join(docs, `images/${name}.svg`), 'utf8')
  const attribute = (key: string) => new RegExp(` data-${key}="([^"]*)"`).exec(drawing)![1]!
  const rules = [...drawing.matchAll(/<g data-rule="([^"]*)">(.*?)<\/g>/gs)].map(([, rule, runs]) => ({
    rule: rule!,
    runs: [...runs!.matchAll(/cx="([\d.]+)".*?<title>(.*?)<\/title>/g)].map(([, x, at]) => ({
      x: Number(x),
      at: at!,
    })),
  }))

  it('shows the rules of the table', () => {
    expect(rules.map(({ rule }) => rule)).toEqual(
      rowsOn('cron.md', 'expression', 'kind', '2026-03-29', '2026-10-25').map((row) => row['expression']),
    )
  })

  it.each(rules)('draws the runs of $rule where they are', async ({ rule, runs }) => {
    const rows = await db.query<{ x: number; at: string }>(
      `select $3 + $4 * extract(epoch from o - almanac.local_time($2::date, 'Europe/Paris'))::float8 / 3600 as x,
         to_char(r.shown, 'HH24:MI') || r.utc_offset as at
       from almanac.occurrences($1, 'Europe/Paris', almanac.local_time($2::date, 'Europe/Paris'),
         almanac.local_time($2::date + time '05:00', 'Europe/Paris')) o, almanac_private.local_reading(o, 'Europe/Paris') r
       order by o`,
      [rule, attribute('date'), Number(attribute('midnight')), Number(attribute('hour'))],
    )

    expect(runs).toEqual(rows)
  })
})

describe('docs/firing.md', () => {
  const rowsOf = (...columns: string[]) => rowsOn('firing.md', ...columns)
  const hourly = `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => $1)`
  const start = '2100-01-01T01:00:00Z'

  it.each(rowsOf('setting', 'default', 'meaning'))('the default of $setting', async ({ setting, ...row }) => {
    const [column] = await db.query<{ type: string; value: string | null }>(
      `select format_type(a.atttypid, a.atttypmod) as type, pg_get_expr(d.adbin, d.adrelid) as value
       from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
       where a.attrelid = 'almanac.schedules'::regclass and a.attname = $1`,
      [setting],
    )
    const { type } = column!
    // What a schedule leaves null may be its task's, otherwise Almanac's.
    const [almanacs] = await db.query<{ value: string | null }>(
      `select quote_literal(to_jsonb(e) ->> $1) as value
       from almanac_private.execution_in_force(null, null, null, null, null, null) e`,
      [setting],
    )
    const value = column!.value ?? almanacs!.value

    expect(
      await db.query(`select $1::${type} is not distinct from ${value ?? 'null'}::${type} as same`, [
        row['default'] === '' ? null : row['default'],
      ]),
    ).toEqual([{ same: true }])
  })

  it.each(rowsOf('policy', 'runs', 'recorded as missed'))('what $policy makes of a downtime', (row) =>
    inTransaction(db, async (client) => {
      await client.query(hourly, [
        {
          starts_at: start,
          missed_run_policy: row['policy'],
          catchup_window: '3 hours',
          overlap_policy: 'allow',
        },
      ])
      await client.query(`select almanac_private.fire_due($1)`, [start])

      await client.query(`select almanac_private.fire_due('2100-01-01T06:20:00Z')`)

      const { rows } = await client.query(
        `select coalesce((select string_agg(to_char(r.scheduled_for at time zone 'UTC', 'HH24:MI'), ', ' order by r.scheduled_for)
             from almanac.runs r where r.scheduled_for > $1), '') as runs,
           (select string_agg(concat_ws(' to ', to_char(lower(o.during) at time zone 'UTC', 'HH24:MI'), to_char(upper(o.during) at time zone 'UTC', 'HH24:MI')), ', ')
             from almanac.omissions o where o.reason = 'missed') as "recorded as missed"`,
        [start],
      )
      expect({ policy: row['policy'], ...(rows[0] as object) }).toEqual(row)
    }),
  )

  it.each(rowsOf('policy', 'while the first runs', 'when it has ended'))(
    'what $policy makes of three',
    (row) =>
      inTransaction(db, async (client) => {
        const statuses = async () =>
          (
            await client.query<{ all: string }>(
              `select string_agg(status::text, ', ' order by scheduled_for) as all from almanac.runs`,
            )
          ).rows[0]!.all
        await client.query(hourly, [{ starts_at: start, overlap_policy: row['policy'] }])
        await client.query(`select almanac_private.fire_due($1)`, [start])
        await client.query(
          `with worker as (select almanac_private.register_worker('w', 'w', 1, '0', 1) as id)
         select b.* from worker w, almanac.runs r, almanac_private.begin_runs(w.id, array[r.id], array[r.scheduled_for], null, $1) b`,
          [start],
        )
        await client.query(`select almanac_private.fire_due('2100-01-01T02:00:00Z')`)
        await client.query(`select almanac_private.fire_due('2100-01-01T03:00:00Z')`)
        const running = await statuses()
        await client.query(
          `select almanac_private.finish_runs(w.id, jsonb_build_array(jsonb_build_object('runId', r.id::text, 'scheduledFor', r.scheduled_for,
             'status', case when r.cancel_requested_at is null then 'succeeded' else 'cancelled' end)), '2100-01-01T03:30:00Z')
         from almanac.workers w, almanac.runs r where r.status = 'running'`,
        )

        expect({
          policy: row['policy'],
          'while the first runs': running,
          'when it has ended': await statuses(),
        }).toEqual(row)
      }),
  )
})
