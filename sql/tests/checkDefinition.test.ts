import type { ClientBase } from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { asRole } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
})

const right = {
  name: 'report',
  kind: 'cron',
  cron_expression: '0 3 * * *',
  task_identifier: 'almanac:sql',
  payload: { statement: 'select 1' },
  tags: ['crm'],
}

const problems = async (definition: unknown, client: Pick<ClientBase, 'query'> = db.pool) =>
  (
    await client.query<{ field: string | null; code: string; message: string }>(
      'select field, code, message from almanac.check_definition($1)',
      [JSON.stringify(definition)],
    )
  ).rows

const places = async (definition: unknown) =>
  (await problems(definition)).map(({ field, code }) => `${code} ${field}`)

it('of a definition that can be saved nothing is wrong', async () => {
  expect(await problems(right)).toEqual([])
})

it.each([
  ['a name that is taken', { name: 'nightly' }, '23505 name'],
  ['no name', { name: '' }, 'AL019 name'],
  ['a space before the name', { name: ' report' }, 'AL019 name'],
  ['a name that is not seen', { name: 're\u200bport' }, 'AL019 name'],
  ['an empty statement', { payload: { statement: ' \n' } }, 'AL006 payload'],
  ['no statement', { payload: {} }, 'AL006 payload'],
  ['a tag without letters', { tags: [''] }, 'AL019 tags'],
  ['an hour that there is not', { cron_expression: '0 25 * * *' }, 'AL001 cron_expression'],
  ['a zone that there is not', { timezone: 'Mars/Olympus' }, 'AL002 timezone'],
  ['a column that there is not', { colour: 'red' }, 'AL009 colour'],
])('%s is told with the column at fault', async (_what, change, expected) => {
  expect(await places({ ...right, ...change })).toEqual([expected])
})

it('one thing that is wrong does not hide another', async () => {
  expect(
    await places({
      name: 'nightly',
      kind: 'cron',
      cron_expression: 'x',
      task_identifier: 'almanac:sql',
      payload: {},
    }),
  ).toEqual(['23505 name', 'AL006 payload', 'AL001 cron_expression'])
})

it('a saved schedule may keep its name, and not take another one’s', async () => {
  const [saved] = await db.query<{ id: string }>(
    `select id from almanac.schedule_cron('weekly', '0 3 * * 1', 'almanac:noop')`,
  )

  expect(await problems({ id: saved!.id, name: 'weekly' })).toEqual([])
  expect(await places({ id: saved!.id, name: 'nightly' })).toEqual(['23505 name'])
})

it.each([null, [], 'x', 1])('%j is not a definition', async (definition) => {
  expect(await problems({ is: definition })).toMatchObject([{ code: 'AL009' }])
  expect((await problems(definition)).at(-1)).toMatchObject({ code: 'AL009' })
})

it('saving refuses an empty statement too', async () => {
  expect(
    await refusal(
      db.query('select almanac.create_schedule($1)', [JSON.stringify({ ...right, payload: {} })]),
    ),
  ).toMatchObject({ code: 'AL006', column: 'payload' })
})

it('an operator learns what it may not do; a viewer, who saves nothing, may not ask', async () => {
  await asRole(db, 'almanac_operator', async (client) => {
    expect(await problems({ ...right, task_identifier: 'almanac:noop' }, client)).toEqual([])
  })
  const viewer = await db.connect('viewer')
  expect(await refusal(problems(right, viewer))).toMatchObject({ code: '42501' })
  await viewer.end()
})
