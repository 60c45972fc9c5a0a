import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { startTestWorker } from '../testing/startTestWorker.ts'
import { until } from '../testing/until.ts'

const db = useTestDatabase({ each: true })
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-at-start-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Starts a worker that has the task sync and applies a file, and waits until it says what it did with it. */
async function started(
  version: string,
  schedules: readonly object[],
  connectionString = db.connectionStringFor('owner'),
): Promise<string> {
  const file = join(folder, 'schedules.json')
  await writeFile(file, JSON.stringify({ version, schedules }))
  const worker = await startTestWorker(connectionString, { tasks: { sync: () => null }, schedules: file })
  const message = () => worker.messages.find((line) => /schedules/i.test(line))
  try {
    await until('the schedules are applied or refused', () => Promise.resolve(message() !== undefined))
    return message()!.replaceAll(folder, '')
  } finally {
    await worker.close()
  }
}
const NIGHTLY = { name: 'nightly', kind: 'cron', cron_expression: '0 2 * * *', task_identifier: 'sync' }
const managed = () =>
  db.query(
    'select name, status, managed_version as version from almanac.schedules where managed_by is not null',
  )

test('a worker applies its schedules when it starts, also those of tasks that only it has', async () => {
  expect(await started('1', [NIGHTLY])).toBe(
    'info: Schedules of app, version 1, from schedules.json: 1 created.',
  )

  expect(await managed()).toEqual([{ name: 'nightly', status: 'disabled', version: '1' }])
})

test('one of an older version leaves what is applied, and says so', async () => {
  await started('2', [NIGHTLY])

  expect(await started('1', [])).toMatch(
    /^info: The schedules of \/schedules\.json are not applied: A newer version of the schedules of app is applied: 2\./,
  )

  expect(await managed()).toMatchObject([{ version: '2' }])
})

test('one whose schedules are refused says why, and works on', async () => {
  expect(await started('1', [{ ...NIGHTLY, task_identifier: 'sink' }])).toMatch(
    /^error: The schedules of app are not applied:\nschedules\.json, entry 1 \("nightly"\), field task_identifier: .*sink/,
  )

  expect(await managed()).toEqual([])
})

test('a login that may change no schedules is told what it needs', async () => {
  expect(await started('1', [NIGHTLY], db.connectionStringFor('worker'))).toMatch(
    /^error: The schedules of \/schedules\.json are not applied: .*grant almanac_operator to/s,
  )
})
