import { beforeAll, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
beforeAll(() => workers.query('create schema shop; grant usage, create on schema shop to almanac_test_plain'))

/** Triggers a schedule of these statements. */
async function run(name: string, [statement, ...then]: readonly string[], columns = {}): Promise<void> {
  await workers.start({ sqlUrl: workers.database.connectionStringFor('plain') })
  await workers.trigger(name, 'almanac:sql', { payload: { statement, then }, max_attempts: 1, ...columns })
}

const logOf = (name: string) =>
  workers.query<{ level: string; message: string }>(
    `select l.level::text, l.message from almanac.runs r, almanac.run_log(r.id) l
     where r.schedule_name = $1 and l.message is not null order by l.id`,
    [name],
  )

test('what cannot run in a transaction runs, and those that follow it as well', async () => {
  await run('alone', [
    'create table shop.orders as select i, now() as at from generate_series(1, 10) i',
    'create unique index concurrently orders_by_i on shop.orders (i)',
    `create procedure shop.in_steps() language plpgsql as $$
     begin for i in 11..13 loop insert into shop.orders values (i); commit; end loop; end $$`,
    'call shop.in_steps()',
    'create materialized view shop.days as select i from shop.orders',
    'create unique index on shop.days (i)',
    'refresh materialized view concurrently shop.days',
    'vacuum (analyze) shop.orders',
    'reindex table concurrently shop.orders',
    'select count(*)::int from shop.days',
  ])

  const { result } = await workers.run('alone', 'succeeded')
  expect(result).toMatchObject({ command: 'SELECT', rowCount: 1, rows: [{ count: 13 }] })
  expect((result as { statements: unknown[] }).statements).toHaveLength(10)
  expect((result as { statements: unknown[] }).statements[0]).toEqual({ command: 'SELECT', rowCount: 10 })
  expect((await logOf('alone')).map(({ message }) => message)).toContain('Statement 8 of 10 is done: VACUUM.')
})

test.each([
  ['vacuum', 'select 1; vacuum'],
  ['a procedure that commits', 'select 1; do $$ begin commit; end $$'],
])('%s in a text with others is not retried, and its error says how it can run', async (name, text) => {
  await run(name, [text], { max_attempts: 3 })

  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(1)
  expect(error).toContain('"then": ["vacuum b"]')
})

test('of statements that fail halfway those before are committed, which the error says, and those after never run', async () => {
  await run('halfway', [
    'create table shop.first ()',
    'create table shop.second ()',
    'select 1 / 0',
    'create table shop.fourth ()',
  ])

  expect((await workers.run('halfway', 'failed')).error).toMatch(
    /^Statement 3 of 4: division by zero\nWhat the 2 statements before it did is committed\. Another attempt begins with the first\./,
  )
  expect(
    await workers.query(
      `select relname::text from pg_class where relnamespace = 'shop'::regnamespace
         and relname in ('first', 'second', 'fourth') order by relname`,
    ),
  ).toEqual([{ relname: 'first' }, { relname: 'second' }])
})

test('a transaction that one leaves open is rolled back, and is no way to join those that follow', async () => {
  await run('joined', ['begin; create table shop.joined ()', 'commit'])

  expect((await workers.run('joined', 'failed')).error).toMatch(
    /^Statement 1 of 2: .*leaves a transaction open/,
  )
  expect(await workers.query(`select to_regclass('shop.joined') as is`)).toEqual([{ is: null }])
})

test('after a statement that catches its cancelling none follows', async () => {
  await run(
    'caught',
    [
      `do $$ begin perform pg_sleep(600); exception when query_canceled then null; end $$`,
      'create table shop.after_the_end ()',
    ],
    { timeout: '200 milliseconds' },
  )

  await workers.run('caught', 'timed_out')
  await until('no backend is left', async () => {
    const backends = await workers.query(
      `select from pg_stat_activity where datname = current_database() and application_name like 'almanac:sql%'`,
    )
    return backends.length === 0
  })
  expect(await workers.query(`select to_regclass('shop.after_the_end') as is`)).toEqual([{ is: null }])
})

test('what a statement sets holds for those that follow, and for no other run', async () => {
  await run('sets', [
    `set work_mem = '7MB'`,
    'create temporary table mine as select 1 as a',
    `select current_setting('work_mem') as memory, a from mine`,
  ])
  expect((await workers.run('sets', 'succeeded')).result).toMatchObject({ rows: [{ memory: '7MB', a: 1 }] })

  await workers.trigger('finds nothing', 'almanac:sql', {
    payload: {
      statement: `select to_regclass('pg_temp.mine') is null and current_setting('work_mem') <> '7MB' as ok`,
    },
  })
  expect((await workers.run('finds nothing', 'succeeded')).result).toMatchObject({ rows: [{ ok: true }] })
})

test('notices and warnings are lines of the log, with what PostgreSQL adds to them', async () => {
  await run('says', [
    `do $$ begin
       raise notice 'twelve rows' using detail = 'of 30', hint = 'look again';
       raise warning 'few';
     end $$`,
  ])

  await workers.run('says', 'succeeded')
  expect(await logOf('says')).toEqual([
    { level: 'info', message: 'twelve rows' },
    { level: 'info', message: 'detail: of 30' },
    { level: 'info', message: 'hint: look again' },
    { level: 'warning', message: 'few' },
  ])
})

test('notices without end are bounded as any log is, and end no run', async () => {
  await run('floods', [`do $$ begin for i in 1..30000 loop raise notice 'line %', i; end loop; end $$`])

  await workers.run('floods', 'succeeded')
  const [lines] = await workers.query<{ kept: number; cut: number }>(
    `select sum(l.line_count) filter (where l.lines is not null)::int as kept,
       sum(l.line_count) filter (where l.cut_because = 'bound')::int as cut
     from almanac.runs r join almanac.run_logs l on (l.run_id, l.scheduled_for) = (r.id, r.scheduled_for)
     where r.schedule_name = 'floods'`,
  )
  const { kept, cut } = lines!
  expect(kept).toBeLessThanOrEqual(10_000)
  expect(kept + cut).toBe(30_000)
})
