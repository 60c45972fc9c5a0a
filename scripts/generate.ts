import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Client } from 'pg'
import { startCluster } from '../cli/embedded/cluster.ts'
import { applyMigrations } from '../cli/migrations.ts'
import { printRights } from '../cli/rights/printRights.ts'
import { rightsText } from '../cli/rights/rightsFile.ts'
import { printSdl } from '../server/sdl.ts'
import { describeError } from '../process/log.ts'
import { printCatalogue } from './generate/catalogue.ts'
import { printTimezoneNames, printWindowsZones } from './generate/timezoneNames.ts'

const ROOT = join(import.meta.dirname, '..')

/** Generated files by their place in the tree. */
type Generated = Readonly<Record<string, string>>

/**
 * Writes what follows from the migrations: the GraphQL schema, the client's types, the print of the catalogue, the rights; and the
 * names of time zones from their sources. `--check` only compares.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const folder = await mkdtemp(join(tmpdir(), 'almanac-generate-'))
  try {
    const generated = await generate(folder)
    const outdated: string[] = []
    for (const [path, text] of Object.entries(generated)) {
      const present = await readFile(join(ROOT, path), 'utf8').catch(() => null)
      if (present !== text) outdated.push(path)
    }
    if (values.check && outdated.length > 0) {
      throw new Error(
        `Not up to date: ${outdated.join(', ')}. Run "npm run generated" and commit the result.`,
      )
    }
    for (const path of outdated) await writeFile(join(ROOT, path), generated[path] ?? '')
    console.log(outdated.length > 0 ? `Written: ${outdated.join(', ')}` : 'Generated files are up to date.')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function generate(folder: string): Promise<Generated> {
  const { sdl, catalogue, rights } = await printDatabase(folder)
  return {
    'sql/functions/recurrence/timezone_names.sql': printTimezoneNames(),
    'shared/ical/windowsZones.generated.ts': printWindowsZones(),
    'server/schema.graphql': sdl,
    'sql/schema.sql': catalogue,
    'sql/rights.sql': rights,
    'web/src/graphql/introspection.generated.d.ts': await printClientTypes(folder, sdl),
  }
}

async function printDatabase(folder: string): Promise<{ sdl: string; catalogue: string; rights: string }> {
  const cluster = await startCluster({
    dataDir: join(folder, 'cluster'),
    temporary: true,
    log: () => undefined,
  })
  try {
    await applyMigrations({
      connectionString: cluster.connectionString,
      withCurrent: true,
      withRights: false,
    })
    return {
      sdl: await printSdl(cluster.connectionString),
      catalogue: await withClient(cluster.connectionString, (client) =>
        printCatalogue(async (query) =>
          (await client.query<{ line: string }>(query)).rows.map((row) => row.line),
        ),
      ),
      rights: await withClient(cluster.connectionString, async (client) =>
        rightsText(await printRights(client)),
      ),
    }
  } finally {
    await cluster.stop()
  }
}

async function withClient<Result>(
  connectionString: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** What gql.tada makes of the schema; it finds it through a tsconfig. */
async function printClientTypes(folder: string, sdl: string): Promise<string> {
  const [schema, output, tsconfig] = ['schema.graphql', 'introspection.d.ts', 'tsconfig.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  const plugin = { name: 'gql.tada/ts-plugin', schema, tadaOutputLocation: output }
  await writeFile(schema, sdl)
  await writeFile(tsconfig, JSON.stringify({ compilerOptions: { plugins: [plugin] }, files: [] }))
  const cli = join(ROOT, 'node_modules/gql.tada/bin/cli.js')
  await promisify(execFile)(process.execPath, [cli, 'generate-output', '--tsconfig', tsconfig])
  return await readFile(output, 'utf8')
}

try {
  await main()
} catch (error) {
  console.error(describeError(error))
  process.exitCode = 1
}
