import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { readSettings } from '../cli/settings.ts'
import { defineBench, type Report, type Row } from './bench.ts'
import { value, withClient } from './database.ts'
import { loadIdle } from './idle/load.ts'
import { rounded } from './statistics.ts'
import { removeRuns, type Removal } from './steady/removeRuns.ts'
import { judge, MARGIN, type Sample } from './steady/verdict.ts'
import { startWorkerProcess, type Memory } from './steady/workerProcess.ts'

/** Whether what must not grow stays as large as it is, however long runs go on, and history goes as fast as it comes. */
export const steady = defineBench({
  name: 'steady',
  title:
    "Runs done and lateness, interval by interval, whether tables other than the ledger (kB, of the table + its indexes) and the worker's memory keep their size, and how fast retention removes what was done",
  defaults: { seconds: 300, rate: 200, idle: 1_000, concurrency: readSettings({}).concurrency },
  async run({ connectionString, settings, say }) {
    const { seconds, rate, idle, concurrency } = settings
    const interval = Math.max(5, Math.ceil(seconds / 60))
    await withClient(connectionString, (client) => loadIdle(client, { count: idle, batch: 10_000, say }))
    const worker = await startWorkerProcess(connectionString, concurrency)
    try {
      return await withClient(connectionString, async (client) => {
        await client.query(
          `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
           select 'steady ' || i, 'interval', '1 second',
             date_trunc('second', clock_timestamp()) + interval '2 seconds' + i * interval '1 second' / $1, 'almanac:noop', 'allow'
           from generate_series(0, $1 - 1) i`,
          [rate],
        )
        await delay(4_000)
        const begun = performance.now()
        const samples: Reading[] = []
        let seen = await lastRun(client)
        for (let at = 0; at <= seconds; at += interval) {
          await delay(Math.max(0, begun + at * 1_000 - performance.now()))
          const reading = { at, ...(await read(client, seen, await worker.memory())) }
          seen = reading.lastRun
          if (at > 0) say(lineOf(reading, interval))
          samples.push(reading)
        }
        return report(client, samples, seconds, await removeRuns(client))
      })
    } finally {
      await worker.close()
    }
  },
})

interface Table {
  readonly name: string
  readonly heap: number
  readonly indexes: number
  readonly dead: number
  readonly vacuums: number
  readonly writes: number
}

interface Reading extends Sample {
  readonly lastRun: string
  readonly done: number
  readonly late: number
  readonly p99: number
  readonly ledger: number
  readonly memory: Memory
  readonly tables: readonly Table[]
}

/** Runs that are due since a second or less may still go on: they count in the next interval. */
function lastRun(client: Client, after = '0'): Promise<string> {
  return value<string>(
    client,
    `select coalesce(max(id), $1)::text from almanac.runs where id > $1 and due_at <= clock_timestamp() - interval '1 second'`,
    [after],
  )
}

async function read(client: Client, seen: string, memory: Memory): Promise<Omit<Reading, 'at'>> {
  const last = await lastRun(client, seen)
  const { rows } = await client.query<{ done: number; late: number; p99: number | null }>(
    `select count(*) filter (where status = 'succeeded')::int as done, count(*) filter (where status <> 'succeeded')::int as late,
       (percentile_cont(0.99) within group (order by extract(epoch from started_at - due_at)) * 1000)::float8 as p99
     from almanac.runs where id > $1 and id <= $2`,
    [seen, last],
  )
  const { rows: tables } = await client.query<Table & { is_ledger: boolean }>(
    `select s.schemaname || '.' || s.relname as name, pg_table_size(s.relid)::float8 as heap, pg_indexes_size(s.relid)::float8 as indexes,
       s.n_dead_tup::float8 as dead, s.autovacuum_count::float8 as vacuums, (s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::float8 as writes,
       coalesce(i.inhparent in ('almanac.runs'::regclass, 'almanac.run_attempts'::regclass), false) as is_ledger
     from pg_stat_user_tables s left join pg_inherits i on i.inhrelid = s.relid
     where s.schemaname in ('almanac', 'almanac_private', 'graphile_worker')
     order by s.schemaname, s.relname`,
  )
  const others = tables.filter((table) => !table.is_ledger)
  const sizes = (of: readonly Table[]) => of.reduce((sum, { heap, indexes }) => sum + heap + indexes, 0)
  return {
    lastRun: last,
    done: rows[0]?.done ?? 0,
    late: rows[0]?.late ?? 0,
    p99: rows[0]?.p99 ?? NaN,
    ledger: sizes(tables.filter((table) => table.is_ledger)),
    memory,
    tables: others,
    bytes: {
      ...Object.fromEntries(others.map((table) => [table.name, sizes([table])])),
      [HEAP]: memory.heapUsed,
      [RESIDENT]: memory.rss,
    },
  }
}

const HEAP = "worker's objects"
const RESIDENT = "worker's process"

const kB = (bytes: number) => Math.round(bytes / 1_024)
/** Written to more often than once in a while. */
const isBusy = (table: Table) => table.writes > 1_000

function lineOf({ at, done, late, p99, memory, tables }: Reading, interval: number): string {
  const parts = tables
    .filter(isBusy)
    .map(
      ({ name, heap, indexes, dead, vacuums }) =>
        `${name.replace(/^.*\./, '')} ${kB(heap)} + ${kB(indexes)} kB, ${dead} dead, ${vacuums} autovacuums`,
    )
  return [
    `${at} s: ${rounded(done / interval)} runs/s, p99 ${rounded(p99)} ms, ${late} not done`,
    `worker ${kB(memory.heapUsed)} of ${kB(memory.rss)} kB`,
    ...parts,
  ].join(' | ')
}

async function report(
  client: Client,
  samples: readonly Reading[],
  seconds: number,
  removal: Removal,
): Promise<Report> {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) throw new Error('Nothing was measured.')
  const naptime = await value<number>(
    client,
    `select extract(epoch from current_setting('autovacuum_naptime')::interval)::int`,
  )
  const growth = judge(samples, seconds)
  const grown = growth.filter(({ bounded }) => !bounded)
  const runs = Number(last.lastRun) - Number(first.lastRun)
  const rows: Row[] = growth.flatMap(({ table, second, last: size, bounded }) => {
    const found = last.tables.find(({ name }) => name === table)
    return !found || isBusy(found) || !bounded
      ? {
          'table, or memory': table,
          'second quarter kB': kB(second),
          'last quarter kB': kB(size),
          dead: found?.dead ?? '',
          autovacuums: found?.vacuums ?? '',
          bounded: bounded ? 'yes' : 'no',
        }
      : []
  })
  const tooShort = seconds / 4 < naptime
  const removed = removal.runs / removal.seconds
  const keepsUp = removed > runs / seconds
  const rule = `largest size in the last quarter ≤ in the second + ${MARGIN.share * 100} % + ${kB(MARGIN.bytes)} kB`
  return {
    tables: [rows],
    notes: [
      `runs and run_attempts grew by ${rounded((last.ledger - first.ledger) / runs)} bytes a run, not vacuumed.`,
      `retention, while runs went on: ${removal.runs} runs in ${rounded(removal.seconds)} s, ${rounded(removed / (runs / seconds))} × as fast as they came.`,
      tooShort
        ? `no verdict: a quarter is shorter than autovacuum_naptime, ${naptime} s; --seconds=${4 * naptime} or more gives one.`
        : grown.length === 0
          ? `bounded: ${rule}.`
          : `not bounded: ${grown.map(({ table }) => table).join(', ')}; ${rule}.`,
    ],
    failed: !tooShort && (grown.length > 0 || !keepsUp),
  }
}
