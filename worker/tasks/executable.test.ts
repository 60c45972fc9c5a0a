import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Logger, type JobHelpers } from 'graphile-worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../testing/until.ts'
import { createPrograms } from '../isolation/programs.ts'
import { executableTask } from './executable.ts'

const programs = createPrograms(null)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-executable-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs a program; `lines` is what it has logged so far. */
async function run(text: string, options: { payload?: unknown; mode?: number; termGrace?: number } = {}) {
  const { payload = {}, mode = 0o755, termGrace = 60_000 } = options
  const path = join(folder, `program-${text.length}-${mode}.sh`)
  await writeFile(path, text)
  await chmod(path, mode)
  const lines: string[] = []
  const controller = new AbortController()
  const helpers = {
    logger: new Logger(() => (level, message) => lines.push(`${level}: ${message}`)),
    abortSignal: controller.signal,
    job: { id: '7', key: null, attempts: 1, max_attempts: 1, priority: 0, run_at: new Date(0) },
    run: { id: '1', scheduleId: '2', scheduledFor: '2030-01-01T00:00:00.000Z', attempt: 3, runAs: 'r' },
  } as unknown as JobHelpers
  const ended = Promise.resolve(
    executableTask({ identifier: 'program', path, programs, isolation: null, termGrace })(payload, helpers),
  )
  ended.catch(() => undefined)
  return { lines, ended, abort: () => controller.abort(new Error('Cancelled.')) }
}

const isRunning = (pid: string) => {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch {
    return false
  }
}

test('a program need not read its input, however long that is', async () => {
  const { ended } = await run('#!/bin/sh\nexec <&-\nexit 0\n', { payload: 'x'.repeat(1_000_000) })

  await expect(ended).resolves.toBeUndefined()
})

test('it gets its payload, and knows its run', async () => {
  const { ended, lines } = await run(
    '#!/bin/sh\ncat\necho\necho $ALMANAC_RUN_ID $ALMANAC_SCHEDULE_ID $ALMANAC_SCHEDULED_FOR $ALMANAC_ATTEMPT $GRAPHILE_WORKER_JOB_ID\n',
    { payload: { name: 'é' } },
  )
  await ended

  expect(lines.join('\n').replaceAll('info: ', '')).toBe(
    '{"payload":{"name":"é"}}\n1 2 2030-01-01T00:00:00.000Z 3 7',
  )
})

test('its lines are whole, also where it writes them in pieces, and the last needs no line break', async () => {
  const { ended, lines } = await run(
    `#!${process.execPath}\nconst pieces = [[0x61, 0xc3], [0xa9, 0x0a, 0x62]]
const next = () => pieces.length && process.stdout.write(Buffer.from(pieces.shift()), () => setTimeout(next, 50))
next()\n`,
  )
  await ended

  expect(lines).toEqual(['info: aé', 'info: b'])
})

test('an error says how it ended, and what it said last', async () => {
  const exited = await run('#!/bin/sh\necho first >&2\necho no such bucket >&2\nexit 3\n')
  await expect(exited.ended).rejects.toThrow(/^Process exited with code 3: no such bucket$/)

  const silent = await run('#!/bin/sh\nexit 4\n')
  await expect(silent.ended).rejects.toThrow(/^Process exited with code 4$/)

  const killed = await run('#!/bin/sh\nkill -9 $$\n')
  await expect(killed.ended).rejects.toThrow(/^Process was ended by SIGKILL$/)
})

test.each([
  [
    '#!/no/such/interpreter\n',
    0o755,
    /could not be started: it is gone, or the interpreter .* \(ENOENT\)\.$/,
  ],
  [
    '#!/etc/passwd\n',
    0o755,
    /could not be started: the worker may not execute it, or its interpreter \(EACCES\)\.$/,
  ],
])('what cannot be started says why: %j', async (text, mode, message) => {
  const { ended } = await run(text, { mode })

  await expect(ended).rejects.toThrow(message)
})

test('what is to stop is ended with all that it has started, by force if it must be', async () => {
  const { ended, lines, abort } = await run(
    `#!/bin/sh\ntrap '' TERM\n(trap '' TERM; while :; do sleep 0.1; done) &\necho $$ $!\nwait\nwhile :; do sleep 0.1; done\n`,
    { termGrace: 100 },
  )
  await until('it is running', () => Promise.resolve(lines.length > 0))
  const pids = lines[0]!.replace('info: ', '').split(' ')
  expect(pids.map(isRunning)).toEqual([true, true])

  abort()

  await expect(ended).rejects.toThrow(/^Process was ended by SIGKILL$/)
  await until('all have ended', () => Promise.resolve(!pids.some(isRunning)))
})

test('one that is asked to stop may still end well', async () => {
  const { ended, lines, abort } = await run(
    `#!${process.execPath}
process.on('SIGTERM', () => process.stdout.write('saved\\n', () => process.exit(0)))
setInterval(() => undefined, 60_000)
console.log('ready')\n`,
  )
  await until('it is ready', () => Promise.resolve(lines.length > 0))

  abort()

  await ended
  expect(lines).toEqual(['info: ready', 'info: saved'])
})

test('what it leaves in the background does not hold its end up', async () => {
  const { ended, lines } = await run('#!/bin/sh\nsleep 600 &\necho $!\nexit 0\n')

  await ended

  process.kill(Number(lines[0]!.replace('info: ', '')))
})
