import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { archiveDirectory, writeArchive } from './archive.ts'

const workers = useTestWorkers()
const signal = new AbortController().signal

beforeEach(() => workers.query(`select almanac.set_retention('90 days', archive => true)`))

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'almanac-archive-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** Runs that ended 100 days ago and more, an hour apart. */
async function old(count: number): Promise<void> {
  await workers.query(
    `insert into almanac.runs (schedule_id, schedule_name, scheduled_for, due_at, trigger, status, task_identifier, payload,
       run_as, max_attempts, priority, started_at, finished_at)
     select 900, 'x', t, t, 'manual', 'succeeded', 'almanac:noop', '{"é": 1}', current_user, 1, 1, t, t
     from (select now() - interval '100 days' - make_interval(hours => n) as t from generate_series(1, $1) n) o`,
    [count],
  )
}

/** Removes what is old, as the system schedule does. */
async function remove(): Promise<void> {
  await workers.query(`update almanac_private.retention_passes set step = 'ended', swept_at = null`)
  for (let isDone = false; !isDone;) {
    const [part] = await workers.query<{ is_done: boolean }>(
      'select is_done from almanac_private.apply_retention()',
    )
    isDone = part!.is_done
  }
}

/** What is in the files of a folder, by file. */
async function archived(directory: string): Promise<{ schedule_name: string; payload: unknown }[][]> {
  const names = (await readdir(directory)).sort()
  expect(names.filter((name) => !/^almanac-runs-[\dT.-]+Z-[\da-f]{8}\.ndjson\.gz$/.test(name))).toEqual([])
  return Promise.all(
    names.map(async (name) =>
      gunzipSync(await readFile(join(directory, name)))
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { schedule_name: string; payload: unknown }),
    ),
  )
}

const waiting = async () =>
  Number(
    (await workers.query<{ runs: string }>('select archive_waiting as runs from almanac.retention()'))[0]!
      .runs,
  )

async function write(directory: string, largest?: number): Promise<number> {
  const client = await workers.database.connect()
  return await writeArchive(client, { directory, signal, ...(largest !== undefined && { largest }) })
}

test('what retention removes is written to a file', async () => {
  const directory = await folder()
  await workers.start({ archiveDirectory: directory })
  await old(2500)

  await workers.trigger('retain', 'almanac:apply_retention')

  expect((await workers.run('retain', 'succeeded')).result).toEqual({ runs: 2500, weeks: 0, archived: 2500 })
  const [runs, ...others] = await archived(directory)
  expect(others).toEqual([])
  expect(runs).toHaveLength(2500)
  expect(runs![0]).toMatchObject({ schedule_name: 'x', payload: { é: 1 }, attempts: [], log: [] })
  expect(await waiting()).toBe(0)
})

test('PostgreSQL reads it as the documents say', async () => {
  const directory = await folder()
  await old(2)
  await workers.query(`update almanac.runs set error = E'a "quote"\\n\\ttab \\\\ backslash'`)
  await remove()
  await write(directory)
  // PostgreSQL runs as another user, to whom no one would give these files without asking.
  for (const name of ['.', ...(await readdir(directory))]) await chmod(join(directory, name), 0o755)
  const text = await readFile(join(import.meta.dirname, '../../docs/retention.md'), 'utf8')
  const example = /```sql norun: worker\/tasks\/archive.test.ts.*\n([^`]+)```/.exec(text)![1]!

  const [create, copy, select] = example.replace('/var/almanac', directory).trim().split('\n')
  const client = new Client({ connectionString: workers.database.adminConnectionString })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query(create!)
  await client.query(copy!)

  expect((await client.query(select!)).rows).toHaveLength(2)
  expect((await client.query(`select distinct run ->> 'error' as error from archived`)).rows).toEqual([
    { error: 'a "quote"\n\ttab \\ backslash' },
  ])
})

test('a worker without a folder says so, and what was removed waits', async () => {
  await workers.start()
  await old(3)

  await workers.trigger('without', 'almanac:apply_retention', { max_attempts: 1 })

  expect((await workers.run('without', 'failed')).error).toBe(
    'About 3 removed runs wait in the database to be written to files, and this worker has no ALMANAC_ARCHIVE_DIR. Set it for every worker.',
  )
  expect(await waiting()).toBe(3)
  expect(await write(await folder())).toBe(3)
})

test('a folder that does not exist keeps the worker from starting', async () => {
  await expect(archiveDirectory('/nonexistent/archive')).rejects.toThrow(
    'Files cannot be written to /nonexistent/archive, which ALMANAC_ARCHIVE_DIR names. Create it',
  )
  expect(await archiveDirectory(undefined)).toBeNull()
})

test('a file is closed when it is large, and the next one continues', async () => {
  const directory = await folder()
  await old(2500)
  await remove()

  const written = [
    await write(directory, 1),
    await write(directory, 1),
    await write(directory, 1),
    await write(directory, 1),
  ]

  expect(written).toEqual([1000, 1000, 500, 0])
  expect((await archived(directory)).map((runs) => runs.length).sort()).toEqual([1000, 1000, 500])
})

test('where a file cannot be written nothing leaves the database, and nothing is left behind', async () => {
  const directory = await folder()
  await old(10)
  await remove()

  await expect(write(join(directory, 'gone'))).rejects.toThrow('ENOENT')

  expect(await waiting()).toBe(10)
  expect(await readdir(directory)).toEqual([])
  expect(await write(directory)).toBe(10)
})

test('a run that has not left the database, as its commit was lost, is in the next file again', async () => {
  const directory = await folder()
  await old(2)
  await remove()
  const client = await workers.database.connect()
  const lost = {
    query: (text: string) =>
      text === 'commit' ? Promise.reject(new Error('the connection is lost')) : client.query(text),
  }

  await expect(writeArchive(lost as never, { directory, signal })).rejects.toThrow('the connection is lost')

  expect(await waiting()).toBe(2)
  expect(await write(directory)).toBe(2)
  expect((await archived(directory)).map((runs) => runs.length)).toEqual([2, 2])
})
