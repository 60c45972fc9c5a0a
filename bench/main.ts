import { parseArgs } from 'node:util'
import type { Log } from '../worker/log.ts'
import { cron } from './cron.ts'
import { makeBenchDatabase } from './database.ts'
import { fire } from './fire.ts'
import { lateness } from './lateness.ts'

/** A measurement that prints a table. */
export interface Bench {
  readonly name: string
  readonly title: string
  /** Its numbers, each of which can be given as an option of that name. */
  readonly defaults: Readonly<Record<string, number>>
  run(context: BenchContext): Promise<Readonly<Record<string, string | number>>[]>
}

/** What a bench works with. */
export interface BenchContext {
  readonly connectionString: string
  readonly settings: Readonly<Record<string, number>>
  readonly log: Log
}

const benches: readonly Bench[] = [fire, lateness, cron]

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: { json: { type: 'boolean' } },
  })
  const chosen = positionals.length > 0 ? positionals.map(find) : benches
  const results = []
  for (const bench of chosen) {
    const settings = Object.fromEntries(
      Object.entries(bench.defaults).map(([name, value]) => [name, readNumber(name, values[name]) ?? value]),
    )
    const database = await makeBenchDatabase(process.env['ALMANAC_BENCH_DATABASE_URL'])
    try {
      const rows = await bench.run({ connectionString: database.connectionString, settings, log })
      results.push({ name: bench.name, settings, rows })
      if (!values['json']) {
        console.log(`\n${bench.title}\n${JSON.stringify(settings)}`)
        console.table(rows)
      }
    } finally {
      await database.remove()
    }
  }
  if (values['json']) console.log(JSON.stringify(results, null, 2))
}

function find(name: string): Bench {
  const bench = benches.find((candidate) => candidate.name === name)
  if (!bench)
    throw new Error(`There is no bench "${name}", only: ${benches.map((known) => known.name).join(', ')}.`)
  return bench
}

function readNumber(name: string, text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`--${name} takes a whole number above zero: --${name}=1000`)
}

const log: Log = (level, message) => {
  if (level === 'error' || level === 'warning') console.error(message)
}

await main()
