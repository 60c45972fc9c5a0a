import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import type { Client } from 'pg'
import { defineBench } from './bench.ts'
import { withClient } from './database.ts'

/** What the next run of a rule costs, next to two libraries in the same run, and what is made of it: lists, the calendar. */
export const cron = defineBench({
  name: 'cron',
  title: `µs per next run (zone: Paris, New York and Lord Howe on average; text: the same, not compiled beforehand), then lists of runs; lower quartiles.
× is how many times as long a library's next run alone takes in a zone.`,
  defaults: { repetitions: 15, instants: 2_000, schedules: 10_000 },
  async run({ connectionString, settings }) {
    const rows = await withClient(connectionString, async (client) => {
      await prepare(client, settings)
      const measured = await interleave([...nextRuns(client, settings), ...wholes(client)], settings)
      return [
        ...rules.map((rule) => rowOfRule(rule, measured)),
        ...goals.map(({ what, most }) =>
          row(what, { ms: measured.get(what) }, most === undefined ? {} : { ms: most }),
        ),
        ...(await calendar(client, settings)),
        ...(await everyMinute(client)),
      ]
    })
    return { tables: [rows] }
  },
})

interface Settings {
  readonly repetitions: number
  readonly instants: number
  readonly schedules: number
}

const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe']
/** The libraries take up to a thousand times as long. */
const FEWER = { text: 100, croner: 100, cronParser: 20 }

interface Rule {
  readonly cron: string
  /** The most µs that it should take. */
  readonly most: { readonly UTC: number; readonly zone: number; readonly compile: number }
}

const rule = (cron: string, UTC: number, zone: number, compile = 100): Rule => ({
  cron,
  most: { UTC, zone, compile },
})
const rules: readonly Rule[] = [
  rule('* * * * *', 3, 4.5),
  rule('*/5 * * * *', 3, 4.5),
  rule('*/10 * * * * *', 3, 4.5),
  rule('30 2 * * *', 3, 4.5),
  rule('0 9 * * 1-5', 3, 4.5),
  rule('0 0 13 * 5', 5, 7),
  rule('0 0 L * *', 5, 7),
  rule('0 12 15W * *', 5, 7),
  rule('15,45 8-18/2 1,15 * *', 5, 7),
  rule('0 8 * * MON#2', 5, 7, 200),
  rule('0 0 1 * *', 5, 7),
  rule('0 0 29 2 *', 6, 9),
  rule('0 0 30 2 *', 0.5, 0.5),
]

/** Statements as a whole. */
const goals = [
  {
    what: '10,000 rows of all these rules and zones',
    most: 60,
    text: `select count(almanac_private.next_cron(m.rule, m.zone, m.at)) from mixed m`,
  },
  {
    what: '1,000 calls for 30 2 * * * within 6 h of a clock change',
    most: 50,
    text: `select count(almanac_private.next_cron(r.rule, c.zone, c.at)) from changes c, rules r where r.cron = '30 2 * * *'`,
  },
  ...['UTC', ...ZONES.slice(0, 1)].map((zone) => ({
    what: `1,000 occurrences of * * * * * in ${zone}`,
    most: 4,
    text: `select count(*) from almanac.occurrences('* * * * *', '${zone}', '2026-05-04Z', '2026-05-04Z'::timestamptz + interval '1000 minutes')`,
  })),
  ...['30 2 * * *', '0 0 1 * *'].map((cron) => ({
    what: `1,000 occurrences of ${cron} in Europe/Paris`,
    most: undefined,
    text: `select count(*) from almanac.occurrences('${cron}', 'Europe/Paris', '2026-05-04Z', '2126-05-04Z', 1000)`,
  })),
]

/** Tables of compiled rules, of instants over four years, of both mixed, and of instants near clock changes. */
async function prepare(client: Client, { instants }: Settings): Promise<void> {
  await client.query(`set jit = off; set max_parallel_workers_per_gather = 0`)
  await client.query(`create temp table instants (at timestamptz, number integer)`)
  await client.query(`insert into instants select * from unnest($1::timestamptz[]) with ordinality`, [
    spread(instants),
  ])
  await client.query(
    `create temp table rules as
     select r.cron, r.number, almanac_private.compile_cron(r.cron) as rule from unnest($1::text[]) with ordinality r(cron, number)`,
    [rules.map(({ cron }) => cron)],
  )
  await client.query(`create temp table zones (zone text, number integer)`)
  await client.query(`insert into zones select * from unnest($1::text[]) with ordinality`, [
    ['UTC', ...ZONES],
  ])
  await client.query(
    `create temp table mixed as
     select r.*, z.zone, a.at
     from generate_series(1, 10000) i
     join rules r on r.number = i % ${rules.length} + 1
     join zones z on z.number = i / ${rules.length} % 4 + 1
     join instants a on a.number = i % ${instants} + 1`,
  )
  await client.query(
    `create temp table changes as
     select z.zone, h.at + (n % 144 - 72) * interval '5 minutes' as at
     from zones z, generate_series(timestamptz '2026-01-01Z', '2030-01-01Z', '30 minutes') h(at), generate_series(0, 143) n
     where z.zone <> 'UTC' and (h.at at time zone z.zone) - ((h.at - interval '30 minutes') at time zone z.zone) <> interval '30 minutes'
     order by n * 89 % 144, 1, 2
     limit 1000`,
  )
  await client.query(`analyze instants, rules, mixed, changes`)
}

/** Instants of four years, evenly and in no order; always the same. */
function spread(count: number): Date[] {
  const years = 4 * 365.25 * 86_400_000
  return Array.from(
    { length: count },
    (_, i) => new Date(Date.UTC(2026, 0, 1) + ((i * 0.6180339887) % 1) * years),
  )
}

interface Measurement {
  readonly key: string
  /** What a run does that many times; the result is µs for one. */
  readonly count: number
  /** Not timed. */
  prepare?(): void
  run(): unknown
}

/** They alternate, so that other load affects them alike; the lower quartile of each, the mean of those with the same key. */
async function interleave(
  measurements: readonly Measurement[],
  { repetitions }: Settings,
): Promise<ReadonlyMap<string, number>> {
  const measured = measurements.map((measurement) => ({ ...measurement, times: [] as number[] }))
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    for (const measurement of measured) {
      measurement.prepare?.()
      const begun = performance.now()
      await measurement.run()
      const micros = (performance.now() - begun) * 1_000
      // The first time fills caches.
      if (repetition > 0) measurement.times.push(micros / measurement.count)
    }
  }
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  return new Map(
    [...Map.groupBy(measured, ({ key }) => key)].map(([key, group]) => [
      key,
      mean(group.map(({ times }) => lowerQuartile(times))),
    ]),
  )
}

function lowerQuartile(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 4)] ?? NaN
}

function nextRuns(client: Client, { instants }: Settings): Measurement[] {
  const next = (key: string, cron: string, zone: string): Measurement => ({
    key: `${cron} ${key}`,
    count: instants,
    run: () =>
      client.query({
        name: `next ${zone}`,
        text: `select count(almanac_private.next_cron(r.rule, '${zone}', i.at)) from rules r, instants i where r.cron = $1`,
        values: [cron],
      }),
  })
  return rules.flatMap(({ cron }) => [
    next('UTC', cron, 'UTC'),
    {
      key: `${cron} compile`,
      count: FEWER.text,
      run: () =>
        client.query({
          name: 'compile',
          text: `select count((almanac_private.compile_cron($1 || repeat(' ', i.number % 2))).months) from instants i where i.number <= $2`,
          values: [cron, FEWER.text],
        }),
    },
    ...ZONES.flatMap((zone) => [
      next('zone', cron, zone),
      {
        key: `${cron} text`,
        count: FEWER.text,
        run: () =>
          client.query({
            name: 'text',
            text: `select count(almanac.next_run_at($1, $2, i.at)) from instants i where i.number <= $3`,
            values: [cron, zone, FEWER.text],
          }),
      },
      ...libraries(cron, zone),
    ]),
  ])
}

/** Of both libraries what can do the rule: cron-parser has no nearest weekday and no "never". */
function libraries(cron: string, zone: string): Measurement[] {
  const few = spread(FEWER.cronParser)
  const parse = (at: Date) => CronExpressionParser.parse(cron, { tz: zone, currentDate: at })
  const job = new Cron(cron, { timezone: zone, paused: true })
  const croner = {
    key: `${cron} croner`,
    count: FEWER.croner,
    run: () => spread(FEWER.croner).forEach((at) => job.nextRun(at)),
  }
  try {
    few.forEach((at) => parse(at).next())
  } catch {
    return [croner]
  }
  let parsed: ReturnType<typeof parse>[] = []
  return [
    croner,
    { key: `${cron} parse+next`, count: few.length, run: () => few.forEach((at) => parse(at).next()) },
    {
      key: `${cron} cron-parser`,
      count: few.length,
      prepare: () => (parsed = few.map(parse)),
      run: () => parsed.forEach((expression) => expression.next()),
    },
  ]
}

function wholes(client: Client): Measurement[] {
  return goals.map(({ what, text }) => ({
    key: what,
    count: 1_000,
    run: () => client.query({ name: what, text }),
  }))
}

/**
 * The calendar of a month in which the schedules have a hundred thousand occurrences, next to as many rows that need no
 * thought: where 120 cron texts are shared by all, and where there are as many as minutes in a day, in two zones.
 */
async function calendar(client: Client, { schedules }: Settings) {
  const rows = []
  for (const [rules, minute, hour] of [
    ['120 cron texts', 'i % 60', 'i % 24'],
    ['2,880 cron texts', 'i % 60', 'i / 60 % 24'],
  ]) {
    await client.query('delete from almanac.schedules where not is_system')
    await client.query(
      `insert into almanac.schedules (name, kind, cron_expression, timezone, task_identifier)
       select 'cron ' || i, 'cron', format('%s %s */3 * *', ${minute}, ${hour}), z.zone, 'almanac:noop'
       from generate_series(1, $1) i join zones z on z.number = i % 2 + 1`,
      [schedules],
    )
    await client.query('analyze almanac.schedules')
    const times: number[] = []
    const withPiles: number[] = []
    const bare: number[] = []
    let items = 0
    for (let repetition = 0; repetition < 6; repetition++) {
      const counted = await timed(
        client,
        `select sum(total)::integer as count from almanac.calendar('2040-12-01Z', '2041-01-01Z')`,
      )
      items = counted.count
      const piled = await timed(
        client,
        `select sum(total)::integer as count from almanac.calendar('2040-12-01Z', '2041-01-01Z', piles => true)`,
      )
      const series = await timed(client, `select count(*)::integer from generate_series(1, ${items})`)
      if (repetition === 0) continue
      times.push(counted.ms)
      withPiles.push(piled.ms)
      bare.push(series.ms)
    }
    const what = `calendar of a month: ${schedules.toLocaleString('en')} schedules, ${rules}, ${items.toLocaleString('en')} items`
    rows.push(row(what, { ms: lowerQuartile(times) }, { ms: 300 }))
    rows.push(row(`${what}, with piles`, { ms: lowerQuartile(withPiles) }, { ms: 300 }))
    rows.push(row(`generate_series of ${items.toLocaleString('en')} rows`, { ms: lowerQuartile(bare) }, {}))
  }
  return rows
}

/** What a count is, and how many ms it took. */
async function timed(client: Client, text: string): Promise<{ count: number; ms: number }> {
  const begun = performance.now()
  const { rows } = await client.query<{ count: number }>(text)
  return { count: rows[0]?.count ?? 0, ms: performance.now() - begun }
}

/** The calendar of a month of schedules that run every minute, without an exclusion calendar and with one. */
async function everyMinute(client: Client) {
  await client.query(`select almanac.create_calendar('nights')`)
  await client.query(`select almanac.exclude_recurring('nights', '0 22 * * *', '2 hours')`)
  const rows = []
  for (const calendars of ['{}', '{nights}']) {
    const names = [1, 2, 3].map((number) => `every minute ${calendars} ${number}`)
    await client.query(
      `select almanac.schedule_cron(name, '* * * * *', 'almanac:noop', timezone => 'Europe/Paris',
         settings => jsonb_build_object('calendars', $2::text[])) from unnest($1::text[]) name`,
      [names, calendars],
    )
    const times = []
    for (let repetition = 0; repetition < 4; repetition++) {
      const begun = performance.now()
      await client.query(
        `select count(*) from almanac.calendar('2040-12-01Z', '2041-01-01Z', schedules => $1, bucket => '1 day')`,
        [names],
      )
      if (repetition > 0) times.push(performance.now() - begun)
    }
    const what = `calendar of a month: 3 schedules every minute${calendars === '{}' ? '' : ', nights excluded'}`
    rows.push(row(what, { ms: lowerQuartile(times) }, {}))
  }
  return rows
}

function rowOfRule({ cron, most }: Rule, measured: ReadonlyMap<string, number>) {
  const columns = ['UTC', 'zone', 'text', 'compile', 'croner', 'cron-parser', 'parse+next']
  const times = Object.fromEntries(columns.map((column) => [column, measured.get(`${cron} ${column}`)]))
  const ratio = (library: string) => (times[library] ?? NaN) / (times['zone'] ?? NaN)
  return row(cron, times, most, { croner: ratio('croner'), 'cron-parser': ratio('cron-parser') })
}

/** In a zone, how many times as long as ours the libraries should take at least. */
const RATIOS: Readonly<Record<string, number>> = { croner: 3, 'cron-parser': 7 }

function row(
  what: string,
  times: Readonly<Record<string, number | undefined>>,
  most: Readonly<Record<string, number>>,
  ratios: Readonly<Record<string, number>> = {},
) {
  const slow = Object.keys(most).filter((column) => (times[column] ?? NaN) > (most[column] ?? NaN))
  const close = Object.keys(ratios).filter((library) => (ratios[library] ?? NaN) < (RATIOS[library] ?? NaN))
  const rounded = (numbers: Readonly<Record<string, number | undefined>>, prefix = '') =>
    Object.entries(numbers).flatMap(([name, number]) =>
      number === undefined || Number.isNaN(number)
        ? []
        : [[`${prefix}${name}`, Number(number.toPrecision(3))]],
    )
  const missed = [...slow, ...close.map((library) => `×${library}`)]
  return {
    what,
    ...(Object.fromEntries([...rounded(times), ...rounded(ratios, '×')]) as Record<string, number>),
    target: Object.values(most).join(' / '),
    met: Object.keys(most).length === 0 ? '' : missed.length === 0 ? 'yes' : `no: ${missed.join(', ')}`,
  }
}
