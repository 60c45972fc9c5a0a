import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startCluster } from '../../cli/embedded/cluster.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { printRights } from '../../cli/rights/printRights.ts'
import { rightsText } from '../../cli/rights/rightsFile.ts'
import { printCatalogue } from '../generate/catalogue.ts'

/** What differs between the databases of two folders of migrations, current.sql included: lines of the first with -, of the second with +. */
export async function differences(before: string, after: string): Promise<string[]> {
  const [old, made] = [await linesOf(before), await linesOf(after)]
  return [
    ...old.filter((line) => !made.includes(line)).map((line) => `- ${line}`),
    ...made.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ]
}

/** The catalogue, the rights, the partitions and the rows of a new database. */
async function linesOf(migrationsFolder: string): Promise<string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-compare-'))
  try {
    const cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
    const client = new Client({ connectionString: cluster.connectionString })
    try {
      const { connectionString } = cluster
      await applyMigrations({ connectionString, migrationsFolder, withCurrent: true, withRights: false })
      await client.connect()
      const lines = async (query: string) =>
        (await client.query<{ line: string }>(query)).rows.map((row) => row.line)
      return [
        ...withTheirTable(await printCatalogue(lines)),
        ...rightsText(await printRights(client)).split('\n'),
        ...(await lines(PARTITIONS)),
        ...(await rowsOf(lines)),
      ]
    } finally {
      await client.end()
      await cluster.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function rowsOf(lines: (query: string) => Promise<string[]>): Promise<string[]> {
  const rows: string[] = []
  for (const query of await lines(ROWS_OF_EACH)) rows.push(...(await lines(query)))
  return rows
}

/** A line that is indented belongs to the one before it. */
function withTheirTable(text: string): string[] {
  let table = ''
  return text.split('\n').map((line) => {
    if (!line.startsWith('  ')) table = line
    return line.startsWith('  ') ? `${table} ${line.trim()}` : line
  })
}

const PARTITIONS = `
  select format('partition %s %s %s %s', c.oid::regclass, c.reloptions, c.relacl, array(
    select t.tgname from pg_trigger t where t.tgrelid = c.oid order by 1)) as line
  from pg_class c where c.relispartition and c.relkind = 'r'`

/** A query for each table's rows, without times, which are those of the migration, what names the database, and Graphile Worker's ids. */
const ROWS_OF_EACH = `
  select format('select %L || regexp_replace((to_jsonb(r) - %L::text[])::text, %L, %L, %L) as line from %s r', c.oid::regclass || ' ',
    array(select a.attname from pg_attribute a where a.attrelid = c.oid
      and (a.atttypid in ('timestamptz'::regtype, 'oid'::regtype) or a.attname in ('system_identifier', 'run_as_key')
        or (a.attname = 'id' and c.relnamespace = 'graphile_worker'::regnamespace))),
    '\\d{4}-\\d\\d-\\d\\dT[^"]*', '…', 'g', c.oid::regclass) as line
  from pg_class c
  where c.relkind in ('r', 'p', 'v') and not c.relispartition
    and c.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace, 'graphile_worker'::regnamespace)
    and c.relname <> '_private_jobs'`
