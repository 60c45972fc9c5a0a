import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Log } from '../process/log.ts'
import type { Bench } from './bench.ts'
import { cost } from './cost.ts'
import { cron } from './cron.ts'
import { openBenchDatabase, query } from './database.ts'
import { fire } from './fire.ts'
import { groups } from './groups.ts'
import { history } from './history.ts'
import { idle } from './idle.ts'
import { isolate } from './isolate.ts'
import { lateness } from './lateness.ts'
import { record } from './record.ts'
import { readSettings, type Settings } from './settings.ts'
import { steady } from './steady.ts'
import { web } from './web.ts'

const benches: readonly Bench[] = [
  fire,
  cost,
  lateness,
  idle,
  history,
  steady,
  record,
  groups,
  isolate,
  cron,
  web,
]

interface Plan {
  readonly json: boolean
  readonly postgres: string | undefined
  readonly benches: readonly { readonly bench: Bench; readonly settings: Settings }[]
}

/** What the command line asks for. */
function readPlan(): Plan {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: { json: { type: 'boolean' }, postgres: { type: 'string' } },
  })
  const chosen = positionals.length > 0 ? positionals.map(find) : benches
  refuseUnknown(Object.keys(values), chosen)
  const { json, postgres, ...options } = values
  return {
    json: json === true,
    postgres: typeof postgres === 'string' ? postgres : undefined,
    benches: chosen.map((bench) => ({ bench, settings: readSettings(bench.defaults, options) })),
  }
}

async function main({ json, postgres, benches }: Plan): Promise<void> {
  const say = (line: string) => (json ? console.error(line) : console.log(line))
  const results = []
  for (const { bench, settings } of benches) {
    const database = await openBenchDatabase({
      serverUrl: process.env['ALMANAC_BENCH_DATABASE_URL'],
      version: postgres,
    })
    try {
      const { connectionString } = database
      const [server] = await query<{ version: string }>(
        connectionString,
        `select current_setting('server_version') as version`,
      )
      const on = `PostgreSQL ${server?.version}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}`
      say(`\n${bench.name}: ${bench.title}\n${on}\n${JSON.stringify(settings)}`)
      const report = await bench.run({ ...database, settings, log, say })
      results.push({ name: bench.name, on, settings, ...report })
      if (report.failed) process.exitCode = 1
      if (!json) {
        for (const table of report.tables) console.table(table)
        for (const note of report.notes ?? []) console.log(note)
      }
    } finally {
      await database.remove()
    }
  }
  if (json) console.log(JSON.stringify(results, null, 2))
}

function find(name: string): Bench {
  const bench = benches.find((candidate) => candidate.name === name)
  if (!bench)
    throw new Error(`There is no bench "${name}", only: ${benches.map((known) => known.name).join(', ')}.`)
  return bench
}

function refuseUnknown(names: readonly string[], chosen: readonly Bench[]): void {
  const known = ['json', 'postgres', ...chosen.flatMap((bench) => Object.keys(bench.defaults))]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new Error(
      `There is no option --${unknown}, only: ${[...new Set(known)].map((name) => `--${name}`).join(', ')}.`,
    )
}

const log: Log = (level, message) => {
  if (level === 'error' || level === 'warning') console.error(message)
}

let plan: Plan | undefined
try {
  plan = readPlan()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
if (plan) await main(plan)
