import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { haveSameRules } from './sameRules.ts'
import { useBrowser } from './useBrowser.ts'

// What is shown is what SQL says: a browser in St. John's, schedules of Paris, Lord Howe and Casablanca, on the days on
// which one of their clocks changes. Zoomed in, so that no chip has to make way for another.

const own = 'America/St_Johns'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  for (const [name, cron, zone] of [
    ['paris', '30 2 * * *', 'Europe/Paris'],
    ['paris every three hours', '20 */3 * * *', 'Europe/Paris'],
    ['lord howe', '15 2 * * *', 'Australia/Lord_Howe'],
    ['lord howe half past one', '45 1 * * *', 'Australia/Lord_Howe'],
    ['casablanca', '50 4 * * *', 'Africa/Casablanca'],
    ['st johns', '30 1 * * *', own],
  ])
    await setup.db.query(`select almanac.schedule_cron($1, $2, 'almanac:noop', timezone => $3)`, [
      name,
      cron,
      zone,
    ])
  // What ran on the days on which the clocks of Morocco last changed, which all tables know.
  await setup.db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, attempt,
       max_attempts, priority, queued_at, started_at, finished_at, run_as)
     select s.id, s.name, s.task_identifier, s.payload, o.at, o.at, 'schedule', 'succeeded', 1, 3, s.priority, o.at, o.at, o.at, s.run_as
     from almanac.schedules s, unnest(array['2026-02-15', '2026-03-22']::timestamp[]) d(day),
       almanac.occurrences('30 0-5,12 * * *', s.timezone, d.day at time zone s.timezone,
         (d.day + interval '1 day') at time zone s.timezone) o(at)
     where s.name = 'casablanca'`,
  )
  page = await setup.signIn('admin', own)
})

interface Shown {
  label: string
  /** Day of the week, from 0. */
  column: number
  /** Minutes from the top of its day's scale. */
  place: number
}

/** What SQL says of a range of local days: label, column and place of each occurrence. */
async function expected(zone: string, date: string, days: number): Promise<Shown[]> {
  return await setup.db.query(
    `with day as (
       select d.n, ($2::date + d.n)::timestamp at time zone $1 as start, ($2::date + d.n + 1)::timestamp at time zone $1 as ends
       from generate_series(0, $3::int - 1) d(n)
     )
     select c.schedule_name || ', ' || to_char(l.at, case extract(year from l.at) when extract(year from now() at time zone $1)
           then 'Dy FMDD Mon HH24:MI ' else 'Dy FMDD Mon YYYY HH24:MI ' end)
         -- A time that the clock shows twice has its offset.
         || case when exists (select from unnest(array[-60, -30, 30, 60]) m(minutes)
              where (c.starts_at + make_interval(mins => m.minutes)) at time zone $1 = l.at)
            then case when o.ahead < interval '0' then '−' else '+' end
              || regexp_replace(to_char(greatest(o.ahead, -o.ahead), 'HH24:MI '), ':00 $', ' ') else '' end
         || $1 || ', ' || case when c.run_id is null then 'upcoming' else 'succeeded' end as label,
       (extract(isodow from c.starts_at at time zone $1) - 1)::int as column,
       -- A scale of 25 hours has all of them one after the other; one of 23 leaves out what the clock does.
       (case when d.ends - d.start > interval '24 hours' then extract(epoch from c.starts_at - d.start) / 60
         else extract(hour from l.at) * 60 + extract(minute from l.at) end)::int as place
     from day d
     cross join lateral almanac.calendar(d.start, d.ends, $1, with_system => false) c
     cross join lateral (select c.starts_at at time zone $1 as at) l
     cross join lateral (select l.at - c.starts_at at time zone 'UTC' as ahead) o
     order by c.starts_at, c.schedule_name`,
    [zone, date, days],
  )
}

/** What is drawn, in the order of SQL. */
async function drawn(): Promise<Shown[]> {
  const chips = await page.locator('.day > .chip').evaluateAll((elements) =>
    elements.map((element) => {
      const days = [...element.closest('.week-body')!.querySelectorAll('.day')]
      return {
        // British English abbreviates September to Sept, SQL to Sep.
        label: element.querySelector('.visually-hidden')!.textContent.replace(' Sept ', ' Sep '),
        column: days.indexOf(element.parentElement!),
        place: Number((element as HTMLElement).style.getPropertyValue('--at')),
      }
    }),
  )
  return chips
}

const odd = [
  ['Europe/Paris', '2027-03-28', 23],
  ['Europe/Paris', '2027-10-31', 25],
  ['Australia/Lord_Howe', '2027-04-04', 24.5],
  ['Australia/Lord_Howe', '2027-10-03', 23.5],
  ['Europe/Dublin', '2027-03-28', 23],
  ['Europe/Dublin', '2027-10-31', 25],
  // Within its Ramadan: of the rest of the year newer tables of time zones say something else than older ones.
  ['Africa/Casablanca', '2027-02-17', 24],
  [own, '2027-03-14', 23],
  [own, '2027-11-07', 25],
] as const

async function zoomIn(): Promise<void> {
  await page.locator('.day > .chip').first().waitFor()
  for (let times = 0; times < 7; times += 1) await page.keyboard.press('=')
}

const sorted = (shown: readonly Shown[]) =>
  shown.toSorted((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : a.place - b.place))

async function hoursOf(zone: string, date: string): Promise<number | undefined> {
  const [row] = await setup.db.query<{ hours: number }>(
    `select extract(epoch from ($2::date + 1)::timestamp at time zone $1 - $2::date::timestamp at time zone $1)::float / 3600 as hours`,
    [zone, date],
  )
  return row?.hours
}

async function expectDay(zone: string, date: string): Promise<void> {
  const query = zone === own ? '' : `?zone=${zone}`

  await page.goto(`${setup.server.url}/calendar/day/${date}${query}`)
  await zoomIn()

  const rows = await expected(zone, date, 1)
  await expect.poll(() => page.locator('.day > .chip').count(), { timeout: 10_000 }).toBe(rows.length)
  expect(sorted(await drawn())).toEqual(sorted(rows.map((each) => ({ ...each, column: 0 }))))
}

async function expectWeek(zone: string, date: string): Promise<void> {
  const [{ monday }] = (await setup.db.query<{ monday: string }>(
    `select to_char(date_trunc('week', $1::date), 'YYYY-MM-DD') as monday`,
    [date],
  )) as [{ monday: string }]
  await page.goto(`${setup.server.url}/calendar/week/${date}?zone=${zone}`)
  await zoomIn()

  const rows = await expected(zone, monday, 7)

  await expect.poll(() => page.locator('.day > .chip').count(), { timeout: 10_000 }).toBe(rows.length)
  const cells = (shown: readonly Shown[]) => sorted(shown).map(({ label, column }) => `${column}: ${label}`)
  expect(cells(await drawn())).toEqual(cells(rows))
}

it.each(odd)('the day in %s, %s, of %d hours', async (zone, date, hours) => {
  expect(await hoursOf(zone, date)).toBe(hours)

  await expectDay(zone, date)
})

it.each(odd)('the week in %s around %s', expectWeek)

it.each([
  ['2026-02-15', 25],
  ['2026-03-22', 23],
  ['2027-02-07', 25],
  ['2027-03-14', 23],
] as const)(
  'in Casablanca on %s, which has %d hours before and after Ramadan by tables that know of it',
  async (date, hours) => {
    const zone = 'Africa/Casablanca'
    if (await haveSameRules(page, setup.db.query, zone, date)) {
      expect([24, hours]).toContain(await hoursOf(zone, date))
      await expectDay(zone, date)
      await expectWeek(zone, date)
    } else {
      await page.goto(`${setup.server.url}/calendar/day/${date}?zone=${zone}`)
      await note(zone).waitFor()
    }
  },
)

it.each([own, 'Europe/Paris', 'Australia/Lord_Howe', 'Europe/Dublin'])(
  'each day of the year in %s',
  async (zone) => {
    const rows = await setup.db.query<{ total: number }>(
      `select count(c.starts_at)::int as total
       from generate_series('2027-01-01'::date, '2027-12-31', '1 day') d(day)
       left join almanac.calendar('2027-01-01'::timestamp at time zone $1, '2028-01-01'::timestamp at time zone $1, $1,
           with_system => false) c
         on (c.starts_at at time zone $1)::date = d.day::date
       group by d.day order by d.day`,
      [zone],
    )
    await page.goto(`${setup.server.url}/calendar/year/2027-01-01?zone=${zone}`)
    await page.locator('.year-month button').nth(364).waitFor()

    const texts = await page.locator('.year-month .visually-hidden').allTextContents()

    expect(texts.map((text) => Number(/: (\d+) upcoming$/.exec(text)?.[1]))).toEqual(
      rows.map(({ total }) => total),
    )
  },
)

const note = (zone: string) =>
  page
    .getByRole('alert')
    .filter({ hasText: `This browser and the database have different rules for ${zone}.` })

it('where browser and database have other rules for Morocco, the page says from when on, and else says nothing', async () => {
  const zone = 'Africa/Casablanca'
  const rows = await setup.db.query<{ day: string; at: string }>(
    `select to_char(d.day, 'YYYY-MM-DD') as day,
       to_char(d.day::timestamp at time zone $1 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
     from generate_series(now() - interval '20 days', now() + interval '300 days', '1 day') n(at)
     cross join lateral (select n.at::date as day) d`,
    [zone],
  )
  const differs = await page.evaluate(
    ({ rows, zone }) =>
      rows.some(({ at }) => {
        const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' })
        return clock.format(new Date(at)) !== '00'
      }),
    { rows, zone },
  )

  await page.goto(`${setup.server.url}/calendar/week?zone=${zone}`)
  await page.locator('.day > .chip').first().waitFor()

  await expect.poll(() => note(zone).count(), { timeout: 10_000 }).toBe(differs ? 1 : 0)
})

it('a zone of which the database has another rule is named on every page that shows it, the others are not', async () => {
  const zone = 'Europe/Paris'
  await page.route('**/graphql', async (route) => {
    const text = route.request().postData() ?? ''
    if (!text.includes('query Midnights') || !text.includes(zone)) return route.continue()
    const response = await route.fetch()
    const answer = (await response.json()) as { data: { occurrences: string[] } }
    const { occurrences } = answer.data
    await route.fulfill({
      response,
      json: {
        data: {
          ...answer.data,
          occurrences: occurrences.map((at, day) =>
            day < 100 ? at : new Date(Date.parse(at) + 3_600_000).toISOString(),
          ),
        },
      },
    })
  })
  const [schedule] = await setup.db.query<{ id: string }>(
    `select id::text from almanac.schedules where name = 'paris'`,
  )

  for (const path of [
    '/calendar/week?zone=Europe/Paris',
    '/runs?zone=Europe/Paris',
    `/schedules/${schedule!.id}`,
  ]) {
    await page.goto(setup.server.url + path)
    await note(zone)
      .getByText(/From .* on, times shown/)
      .waitFor()
  }
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)
  await page.locator('.day > .chip').first().waitFor()
  await expect.poll(() => note(zone).count()).toBe(0)
  await page.unroute('**/graphql')
})

it('no page complained', () => {
  expect(setup.complaints).toEqual([])
})
