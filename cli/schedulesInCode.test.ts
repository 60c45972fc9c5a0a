import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { runAlmanac } from '../tests/start/almanac.ts'

const db = useTestDatabase({ each: true })
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-code-'))
})
afterAll(() => rm(folder, { recursive: true }))

const NIGHTLY = {
  name: 'nightly',
  kind: 'cron',
  cron_expression: '0 2 * * *',
  task_identifier: 'almanac:noop',
}

async function write(version: string, ...schedules: object[]): Promise<string> {
  const path = join(folder, 'schedules.json')
  await writeFile(path, JSON.stringify({ version, schedules }))
  return path
}
async function said(...args: string[]) {
  const almanac = runAlmanac({
    dataDir: folder,
    args,
    environment: { DATABASE_URL: db.connectionStringFor('owner') },
  })
  return { code: await almanac.ended, text: almanac.output().trimEnd() }
}
const schedules = () =>
  db.query(
    `select name, cron_expression as cron, status, managed_by as by, managed_version as version
     from almanac.schedules where not is_system and deleted_at is null order by name`,
  )

test('a plan shows what would change, and with which code it ends; apply does it', async () => {
  const file = await write('1.0', { ...NIGHTLY, status: 'active' }, { ...NIGHTLY, name: 'old' })

  expect(await said('plan', file)).toMatchObject({
    code: 0,
    text: expect.stringContaining('  + old: created, disabled') as string,
  })
  expect(await schedules()).toEqual([])
  expect(await said('apply', file, '--yes')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/Applied: 2 created\.$/) as string,
  })
  expect(await said('plan', file, '--detailed-exitcode')).toMatchObject({
    code: 0,
    text: expect.stringContaining('2 unchanged. Nothing would change.') as string,
  })

  await write('1.1', { ...NIGHTLY, cron_expression: '30 2 * * *', max_attempts: 5 })
  const { code, text } = await said('plan', file, '--detailed-exitcode')

  expect(code).toBe(2)
  expect(text.replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY')).toBe(`Schedules of app, version 1.1, from schedules.json

  ~ nightly: changed
      cron_expression  "0 2 * * *" → "30 2 * * *"
      max_attempts     none → 5
      occurrences of the next 30 days: 30 moved (DAY 02:00 UTC → DAY 02:30 UTC, DAY 02:00 UTC → DAY 02:30 UTC, DAY 02:00 UTC → DAY 02:30 UTC, …)

  - old: archived

1 changed, 1 archived.`)
})

test('a plan in a file is applied as it was shown, or refused if it is no longer what would be done', async () => {
  const file = await write('1', NIGHTLY)
  const planned = join(folder, 'plan.json')
  await writeFile(planned, (await said('plan', file, '--json')).text)
  await write('2', { ...NIGHTLY, cron_expression: '0 4 * * *' })

  expect(await said('apply', `--plan=${planned}`)).toMatchObject({ code: 0 })
  expect(await schedules()).toEqual([
    { name: 'nightly', cron: '0 2 * * *', status: 'disabled', by: 'app', version: '1' },
  ])
  const again = await said('apply', '--plan', planned)

  expect(again).toMatchObject({ code: 1, text: expect.stringContaining('(AL043)') as string })
  expect(JSON.parse(await readFile(planned, 'utf8'))).toMatchObject({
    schedules: [{ name: 'nightly', added: 0 }],
  })
})

test('what is refused is said with file, entry and field, and nothing is applied', async () => {
  await db.query(`select almanac.schedule_cron('taken', '0 3 * * *', 'almanac:noop')`)
  const file = await write(
    '1',
    NIGHTLY,
    { ...NIGHTLY, name: 'x', cron: '0 3 * * *' },
    { ...NIGHTLY, name: 'taken' },
  )

  const planned = await said('plan', file)
  const applied = await said('apply', file, '--yes')

  expect(planned.code).toBe(1)
  expect(planned.text).toContain(
    'Refused: schedules.json, entry 2 ("x"), field cron: There is no setting cron. Settings are columns of almanac.schedules; computed ones cannot be set.',
  )
  expect(planned.text).toContain(
    'Refused: schedules.json, entry 3 ("taken"), field name: A schedule of this name exists',
  )
  expect(applied).toMatchObject({
    code: 1,
    text: expect.stringContaining('Nothing was applied: some definitions are refused.') as string,
  })
  expect(await schedules()).toMatchObject([{ name: 'taken', by: null }])

  await write('1', { ...NIGHTLY, name: 'taken' })
  expect(await said('apply', file, '--adopt=taken', '--yes')).toMatchObject({ code: 0 })
  expect(await schedules()).toMatchObject([{ name: 'taken', cron: '0 2 * * *', by: 'app', status: 'active' }])
})

test('an older version is applied only if it is asked for', async () => {
  await said('apply', await write('2', NIGHTLY), '--yes')
  const file = await write('1.9')

  expect(await said('apply', file, '--yes')).toMatchObject({
    code: 1,
    text: expect.stringContaining('A newer version of the schedules of app is applied: 2. (AL042)') as string,
  })
  expect(await said('apply', file, '--yes', '--allow-older')).toMatchObject({ code: 0 })
  expect(await schedules()).toEqual([])
})

test('apply asks at a terminal alone, and a plan is given alone', async () => {
  const file = await write('1', NIGHTLY)

  expect(await said('apply', file)).toMatchObject({
    code: 2,
    text: expect.stringContaining('There is no terminal to ask at.') as string,
  })
  expect(await said('apply', file, '--plan=x')).toMatchObject({ code: 2 })
  expect(await said('apply', '--plan')).toMatchObject({
    code: 2,
    text: expect.stringContaining('The option --plan needs a value: --plan=….') as string,
  })
})
