import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findSchedules, readSchedules } from './readSchedules.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-schedules-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}
const NIGHTLY = { name: 'nightly', kind: 'cron', cron_expression: '0 2 * * *' }

test.each([
  ['schedules.json', JSON.stringify({ owner: 'billing', version: '1.4', schedules: [NIGHTLY] })],
  [
    'schedules.yaml',
    `owner: billing\nversion: '1.4'\nschedules:\n  - name: nightly\n    kind: cron\n    cron_expression: 0 2 * * *\n`,
  ],
  [
    'schedules.js',
    `export default { owner: 'billing', version: '1.4', schedules: [${JSON.stringify(NIGHTLY)}] }`,
  ],
])('%s is read', async (name, text) => {
  expect(await readSchedules(await file(name, text))).toEqual({
    file: name,
    owner: 'billing',
    version: '1.4',
    definitions: [NIGHTLY],
  })
})

test('an array alone is of the owner app; its version is what is declared, otherwise when the file was changed', async () => {
  const path = await file('schedules.json', JSON.stringify([NIGHTLY]))
  await utimes(path, 0, Date.UTC(2026, 10, 30) / 1000)

  expect(await readSchedules(path)).toMatchObject({ owner: 'app', version: '2026-11-30T00:00:00.000Z' })
  expect(await readSchedules(path, '7')).toMatchObject({ version: '7' })
})

test('a time in code is written as JSON has it', async () => {
  const path = await file(
    'schedules.mjs',
    `export default [{ name: 'x', run_at: new Date(0), tags: undefined }]`,
  )

  expect((await readSchedules(path)).definitions).toEqual([{ name: 'x', run_at: '1970-01-01T00:00:00.000Z' }])
})

test.each([
  ['x.json', '{', 'x.json could not be read.'],
  ['x.yaml', 'a: b: c', 'x.yaml could not be read.'],
  ['x.yaml', '- {name: a, name: b}', 'x.yaml could not be read.'],
  [
    'x.json',
    '7',
    'x.json must be an array of schedules, or an object with "schedules", "owner" and "version".',
  ],
  ['x.yaml', 'schedules: []\nowners: app', 'x.yaml, field owners: only owner, version and schedules'],
  ['x.yaml', 'schedules: []\nversion: 1.10', 'x.yaml, field version: it must be a text. Write it in quotes.'],
  ['x.mjs', 'export const schedules = []', 'x.mjs has no default export'],
  ['x.mjs', 'throw new Error("no")', 'x.mjs could not be loaded.'],
  [
    'x.mjs',
    `export default [{ name: 'a' }, { name: 'b', payload: { f: () => 1 } }]`,
    'x.mjs, entry 2 ("b"), field payload/f: JSON has no such value (function).',
  ],
  [
    'x.mjs',
    `export default [{ name: 'a', max_runs: NaN }]`,
    'x.mjs, entry 1 ("a"), field max_runs: JSON has no such value (number).',
  ],
  ['x.txt', '[]', 'x.txt must end in .ts, .mts, .js, .mjs, .json, .yaml, .yml.'],
])('what is wrong with %s is said with its place: %s', async (name, text, message) => {
  await expect(readSchedules(await file(name, text))).rejects.toThrow(message)
})

test('aliases of YAML are not multiplied without end', async () => {
  const lines = Array.from(
    { length: 12 },
    (_, n) =>
      `l${n + 1}: &l${n + 1} [${Array(10)
        .fill(n ? `*l${n}` : 'x')
        .join(', ')}]`,
  )
  const path = await file('x.yaml', `${lines.join('\n')}\n`)

  await expect(readSchedules(path)).rejects.toThrow('x.yaml could not be read.')
})

test('without a name the file that there is is meant, if there is one', async () => {
  await expect(findSchedules(folder)).rejects.toThrow('There is no schedules.ts')
  await file('schedules.yaml', '')
  expect(await findSchedules(folder)).toBe(join(folder, 'schedules.yaml'))
  await file('schedules.ts', '')
  await expect(findSchedules(folder)).rejects.toThrow('There are several: schedules.ts, schedules.yaml.')
})
