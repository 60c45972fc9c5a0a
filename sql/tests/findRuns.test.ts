import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { addRun } from './history.ts'
import { runIn } from './runInStates.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

interface Page {
  run_ids: string[]
  next: string | null
  stopped_at: Date | null
}

async function find(client: ClientBase, filter: object, args = ''): Promise<Page> {
  const { rows } = await client.query<Page>(
    `select run_ids, next, stopped_at from almanac.find_runs($1${args})`,
    [filter],
  )
  return rows[0]!
}

/** All pages, and how many there are. */
async function findAll(
  client: ClientBase,
  filter: object,
  args = '',
): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = []
  let after = 'null'
  for (let pages = 1; pages < 500; pages++) {
    const page = await find(client, filter, `, after => ${after}${args}`)
    ids.push(...page.run_ids)
    if (page.next === null) return { ids, pages }
    after = `'${page.next}'`
  }
  throw new Error('The list does not end.')
}

const create = async (client: ClientBase, name: string, cron: string, settings = '{}') =>
  (
    await client.query<{ id: string }>(
      `select id::text from almanac.schedule_cron($1, $2, 'almanac:noop', settings => $3)`,
      [name, cron, settings],
    )
  ).rows[0]!.id

/** Runs of three schedules over 24 days, two of them at the same times; `rare` is tagged, `often` is frequent. */
async function prepare(client: ClientBase): Promise<void> {
  const rare = await create(client, 'rare', '0 0 1 1 *', '{"tags": ["x"]}')
  const often = await create(client, 'often', '* * * * *')
  for (let day = 0; day < 24; day++) {
    if (day % 7 === 0)
      await addRun(client, { schedule: rare, days: 1000 + day, status: day === 14 ? 'failed' : 'succeeded' })
    await addRun(client, {
      schedule: often,
      days: 1000 + day,
      status: day % 10 === 3 ? 'failed' : 'succeeded',
    })
    await addRun(client, {
      schedule: 901,
      days: 1000 + day + 0.5,
      status: day === 18 ? 'cancelled' : 'succeeded',
    })
  }
}

/** What a plain statement says, the newest first. */
async function wanted(client: ClientBase, where: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select r.id::text from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
     where ${where} order by r.scheduled_for desc, r.id desc`,
  )
  return rows.map(({ id }) => id)
}

const FILTERS: [object, string][] = [
  [{}, 'true'],
  [{ schedule: 'often' }, `s.name = 'often'`],
  [{ tag: 'x' }, `'x' = any (s.tags)`],
  [{ tag: 'none' }, 'false'],
  [{ without_frequent: true, tag: 'x' }, `s.name = 'rare'`],
  [{ status: 'failed' }, `r.status = 'failed'`],
  [{ status: 'failed', tag: 'x' }, `r.status = 'failed' and s.name = 'rare'`],
  [{ status: 'cancelled' }, `r.status = 'cancelled'`],
  [{ status: 'timed_out' }, 'false'],
  [{ status: ['running', 'queued'] }, `r.status in ('running', 'queued')`],
  [{ status: ['running', 'failed'] }, `r.status in ('running', 'failed')`],
  [{ schedule_search: 'OFTE' }, `s.name = 'often'`],
  [{ creator: 'none' }, 'false'],
  [{ search: 'OFTE' }, `r.schedule_name = 'often'`],
  [{ search: 'none' }, 'false'],
  [
    { since: '2017-12-20T00:00Z', until: '2018-01-04T12:00Z' },
    `r.scheduled_for between '2017-12-20' and '2018-01-04 11:59:59'`,
  ],
]

it.each(FILTERS)('%j finds, page by page, what a plain statement does', (filter, where) =>
  inTransaction(db, async (client) => {
    await prepare(client)
    for (const state of ['running', 'queued'] as const) await runIn(state, 'rare', client)
    const all = await wanted(client, where)

    for (const args of ['', ', max_count => 3', ', max_count => 2, most_read => 5'])
      expect((await findAll(client, filter, args)).ids).toEqual(all)
  }),
)

it('a search that reads as much as it may says how far back it came, and goes on from there', () =>
  inTransaction(db, async (client) => {
    await prepare(client)

    const first = await find(client, { status: 'cancelled' }, ', most_read => 10')
    expect(first).toMatchObject({ run_ids: [], next: expect.any(String) as string })
    const [{ read }] = (
      await client.query<{ read: number }>(
        'select count(*)::int as read from almanac.runs where scheduled_for >= $1',
        [first.stopped_at],
      )
    ).rows as [{ read: number }]
    expect(read).toBe(10)

    const { ids, pages } = await findAll(client, { status: 'cancelled' }, ', most_read => 10')
    expect(ids).toHaveLength(1)
    expect(pages).toBe(6)
  }))

it('unfinished runs are found by what names them, and no other run is read', () =>
  inTransaction(db, async (client) => {
    await create(client, 'rare', '0 0 1 1 *')
    for (const state of ['running', 'queued', 'queued', 'retrying'] as const)
      await runIn(state, 'rare', client)
    for (let day = 0; day < 5; day++) await addRun(client, { days: 100 + day })

    const page = await find(
      client,
      { status: ['running', 'queued', 'retrying'] },
      ', max_count => 3, most_read => 1',
    )
    expect(page).toMatchObject({ stopped_at: null, next: expect.any(String) as string })
    expect(page.run_ids).toHaveLength(3)
    const [active] = (
      await client.query(
        `select running, retrying, queued, waiting, (select array_agg(r.status) from almanac.active_run_page_runs(p) r) as states
         from almanac.find_active_runs('{"schedule": "rare"}') p`,
      )
    ).rows as object[]
    expect(active).toEqual({
      running: 1,
      retrying: 1,
      queued: 2,
      waiting: 0,
      states: '{running,queued,queued,retrying}',
    })
  }))

it.each([
  ['a list of them', `select almanac.find_runs('{"status": ["running", "queued"]}')`],
  ['their counts', 'select almanac.find_active_runs()'],
  ['what cancelling would do', `select almanac.count_runs_to_cancel('{"task": "almanac:noop"}')`],
])('%s reads unfinished runs only, whatever the statistics say', (_, text) =>
  inTransaction(db, async (client) => {
    await create(client, 'rare', '0 0 1 1 *')
    await client.query(
      `insert into almanac.runs (schedule_id, schedule_name, scheduled_for, due_at, trigger, status, task_identifier, payload,
         run_as, max_attempts, priority, started_at, finished_at)
       select 900, 'x', t, t, 'manual', 'succeeded', 'almanac:noop', '{}', current_user, 1, 1, t, t
       from (select now() - make_interval(secs => n) as t from generate_series(1, 5000) n) o`,
    )
    await client.query('analyze almanac.runs')
    await runIn('running', 'rare', client)
    const read = async () =>
      Number(
        (
          await client.query<{ read: string }>(
            `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) as read from pg_stat_xact_all_tables
             where relname like 'runs\\_%'`,
          )
        ).rows[0]!.read,
      )

    const before = await read()
    await client.query(text)
    expect((await read()) - before).toBeLessThan(20)
  }),
)

it.each([
  ['a place that is none', `select almanac.find_runs(after => 'x')`],
  ['a place without a time', `select almanac.find_runs(after => '2020-13-41T00:00:00.000000Z/7')`],
  ['too many', 'select almanac.find_runs(max_count => 1001)'],
  ['too much to read', 'select almanac.find_runs(most_read => 100001)'],
  ['too many unfinished ones', 'select almanac.find_active_runs(max_count => 501)'],
])('%s is refused', (_, text) =>
  inTransaction(db, async (client) => {
    expect((await refusal(client.query(text))).code).toBe('AL012')
  }),
)

it('everyone who sees runs finds them, and no one else', () =>
  inTransaction(db, async (client) => {
    const id = await addRun(client, { days: 1 })
    for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_admin'] as const)
      await asRole(client, role, async (user) => {
        expect((await find(user, { ids: [id] })).run_ids).toEqual([id])
        expect((await user.query('select almanac.find_active_runs()')).rowCount).toBe(1)
      })
    const refused = await refusal(
      asRole(client, 'almanac_server', (server) => server.query('select almanac.find_runs()')),
    )
    expect(refused.code).toBe('42501')
  }))
