import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, parseArgs } from 'node:util'
import { Client } from 'pg'
import { startCluster } from '../cli/embedded/cluster.ts'
import { applyMigrations } from '../cli/migrations.ts'
import { printSdl } from '../server/sdl.ts'
import { printCatalogue } from './generate/catalogue.ts'

const ROOT = join(import.meta.dirname, '..')
const SDL = 'server/schema.graphql'
const CATALOGUE = 'sql/schema.sql'
const INTROSPECTION = 'web/src/graphql/introspection.generated.d.ts'

/** Writes what follows from the migrations: the GraphQL schema, the client's types, the print of the catalogue. `--check` compares only. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const before = await Promise.all([SDL, CATALOGUE, INTROSPECTION].map(read))

  const { sdl, catalogue } = await printDatabase()
  await write(SDL, sdl)
  await write(CATALOGUE, catalogue)
  await promisify(execFile)('gql.tada', ['generate-output'], { cwd: ROOT })

  const after = await Promise.all([SDL, CATALOGUE, INTROSPECTION].map(read))
  const changed = [SDL, CATALOGUE, INTROSPECTION].filter((_, index) => before[index] !== after[index])
  if (values.check && changed.length > 0) {
    await Promise.all([SDL, CATALOGUE, INTROSPECTION].map((path, index) => write(path, before[index] ?? '')))
    throw new Error(`Not up to date: ${changed.join(', ')}. Run "npm run generated" and commit the result.`)
  }
  process.stdout.write(
    changed.length > 0 ? `Written: ${changed.join(', ')}\n` : 'Generated files are up to date.\n',
  )
}

async function printDatabase(): Promise<{ sdl: string; catalogue: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-generate-'))
  const cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
  try {
    await applyMigrations({ connectionString: cluster.connectionString, withCurrent: true })
    const client = new Client({ connectionString: cluster.connectionString })
    await client.connect()
    const catalogue = await printCatalogue(async (text) =>
      (await client.query<{ line: string }>(text)).rows.map((row) => row.line),
    )
    await client.end()
    return { sdl: await printSdl(cluster.connectionString), catalogue }
  } finally {
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const read = (path: string) => readFile(join(ROOT, path), 'utf8').catch(() => null)
const write = (path: string, text: string) => writeFile(join(ROOT, path), text)

await main()
