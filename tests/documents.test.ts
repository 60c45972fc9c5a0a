import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { blocksOf, pages, type Block } from './documents/blocks.ts'
import { createReader, type Reader } from './documents/reader.ts'
import { runAlmanac, until, type Almanac } from './start/almanac.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const isRun = ({ notRun }: Block) => notRun === null
const isSql = (block: Block) => isRun(block) && block.language === 'sql'

let folder: string
let almanac: Almanac
let databaseUrl: string
let reader: Reader
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-documents-'))
  await chmod(folder, 0o711)
  const dataDir = join(folder, 'data')
  almanac = runAlmanac({ dataDir })
  const [, link] = await almanac.printed(/Web: +(\S+)/)
  ;[databaseUrl] = /postgres:\/\/\S+/.exec(almanac.output())!
  reader = await createReader({ dataDir, databaseUrl, link: link! })
})
afterAll(async () => {
  almanac.process.kill('SIGTERM')
  await almanac.ended
  await rm(folder, { recursive: true, force: true })
})

test('every fenced block is run here, or its fence says where it is', () => {
  const blocks = pages().flatMap(blocksOf)

  expect(blocks.filter((block) => isRun(block) && !(block.language in reader))).toEqual([])
  expect(blocks.filter((block) => !isRun(block)).map(({ page, notRun }) => `${page}: ${notRun}`)).toEqual([
    'README.md: tests/start.test.ts runs it',
    'README.md: runs all that is tested, this page too',
    'README.md: tests/package.test.ts runs it',
    'README.md: tests/package.test.ts compiles and runs it',
    'README.md: tests/package.test.ts compiles and runs it',
    'docs/operations.md: tests/documents.test.ts fills in the passwords',
    'docs/operations.md: sql/tests/place.test.ts adopts copies',
  ])
})

describe('on a fresh database, as npm start makes it', () => {
  test.each(pages().filter((page) => blocksOf(page).some(isSql)))(
    'the SQL of %s runs by itself',
    async (page) => {
      const code = blocksOf(page)
        .filter(isSql)
        .map((block) => block.code)

      await reader.sql(['begin;', ...code, 'rollback;'].join('\n'))
    },
  )

  test.each(pages().flatMap(blocksOf).filter(isRun))('$place runs as written, after all before it', (block) =>
    reader[block.language as keyof Reader](block.code),
  )

  test('every run that was asked for succeeds', async () => {
    const client = new Client({ connectionString: databaseUrl })
    await client.connect()
    const runs = async (condition: string) =>
      (
        await client.query<Record<string, unknown>>(
          `select schedule_name, status, error from almanac.runs where ${condition}`,
        )
      ).rows

    await until('none goes on', async () => (await runs('finished_at is null')).length === 0)

    expect(await runs(`status not in ('succeeded', 'skipped')`)).toEqual([])
    await client.end()
  })
})
