import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { until } from '../../worker/testing/until.ts'
import { apply, NIGHTLY, plan } from './asCode.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase({ each: true })

/** What each version of the code says. */
const VERSIONS: Readonly<Record<string, readonly object[]>> = {
  '1': [NIGHTLY, { ...NIGHTLY, name: 'old' }],
  '2': [
    { ...NIGHTLY, cron_expression: '30 2 * * *' },
    { ...NIGHTLY, name: 'new' },
  ],
}

const deploy = (client: Client, version: string) => apply(client, VERSIONS[version]!, version)
const names = async () =>
  (
    await db.query<{ name: string; managed_version: string }>(
      'select name, managed_version from almanac.schedules where managed_by is not null and deleted_at is null order by name',
    )
  ).map(({ name, managed_version: version }) => `${name} ${version}`)
const waits = (client: Client) =>
  until('the second waits for the first', async () => {
    const [row] = await db.query<{ waits: boolean }>(
      'select cardinality(pg_blocking_pids($1)) > 0 as waits',
      [Reflect.get(client, 'processID')],
    )
    return row?.waits === true
  })

it.each([
  { first: '1', second: '2', was: null },
  { first: '2', second: '1', was: null },
  { first: '1', second: '2', was: '1' },
  { first: '2', second: '1', was: '1' },
])(
  'two deployments at once leave the newer: $first before $second, after $was',
  async ({ first, second, was }) => {
    const [a, b] = [await db.connect(), await db.connect()]
    if (was !== null) await deploy(a, was)
    await a.query('begin')
    await deploy(a, first)

    const other = second === '2' ? deploy(b, second) : refusal(deploy(b, second))
    await waits(b)
    await a.query('commit')
    const ended = await other

    if (second === '1') expect(ended).toMatchObject({ code: 'AL042' })
    expect(await names()).toEqual(['new 2', 'nightly 2'])
  },
)

it('an older process that starts again and again changes nothing', async () => {
  const [a, b] = [await db.connect(), await db.connect()]
  await deploy(a, '1')
  await deploy(b, '2')
  const before = await db.query('select name, updated_at from almanac.schedules order by id')

  for (let restart = 0; restart < 3; restart++) {
    expect(await refusal(deploy(a, '1'))).toMatchObject({ code: 'AL042' })
    expect(await deploy(b, '2')).toMatchObject([{ action: 'unchanged' }, { action: 'unchanged' }])
  }

  expect(await db.query('select name, updated_at from almanac.schedules order by id')).toEqual(before)
})

it('one that is rolled back leaves the way to the older free', async () => {
  const [a, b] = [await db.connect(), await db.connect()]
  await a.query('begin')
  await deploy(a, '2')
  const other = deploy(b, '1')
  await waits(b)
  await a.query('rollback')
  await other

  expect(await names()).toEqual(['nightly 1', 'old 1'])
})

it('a change manually between the plan and its apply is drift; one that comes while it is applied waits, and is refused', async () => {
  const [a, b] = [await db.connect(), await db.connect()]
  await a.query(`select almanac.schedule_cron('nightly', '0 2 * * *', 'almanac:noop')`)
  const adopt = { adopt: ['nightly'] }
  const hash = (await plan(a, VERSIONS['1']!, adopt))[0]!.hash
  const byHand = () => b.query(`update almanac.schedules set priority = 0 where name = 'nightly'`)
  await byHand()
  expect(await refusal(apply(a, VERSIONS['1']!, '1', { ...adopt, hash }))).toMatchObject({ code: 'AL043' })
  await a.query('begin')
  await apply(a, VERSIONS['1']!, '1', adopt)

  const late = refusal(b.query(`update almanac.schedules set priority = 2 where name = 'nightly'`))
  await waits(b)
  await a.query('commit')

  expect(await late).toMatchObject({ code: 'AL040' })
})

it('only while it is applied, and only there, is what the code manages changed', async () => {
  const [a, b] = [await db.connect(), await db.connect()]
  await deploy(a, '1')
  await a.query('begin')
  await deploy(a, '1')

  expect(await refusal(a.query(`select almanac.unschedule('old')`))).toMatchObject({ code: 'AL040' })
  await a.query('rollback')
  expect(await refusal(b.query(`select almanac.unschedule('old')`))).toMatchObject({ code: 'AL040' })
})
