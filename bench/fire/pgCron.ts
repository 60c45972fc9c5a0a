import { existsSync } from 'node:fs'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../cli/embedded/clusterFile.ts'
import { startKeeper } from '../../cli/embedded/keeper.ts'
import { chooseOsUser } from '../../cli/embedded/osUser.ts'
import { runProgram, startPostmaster } from '../../cli/embedded/postmaster.ts'
import { untilTrue, value, withClient } from '../database.ts'
import type { Absent, Contestant, Herd } from './contestant.ts'

/** Where Debian and its kin keep each version of PostgreSQL. */
const VERSIONS = '/usr/lib/postgresql'
/** Jobs at once, which it has by default; with 64, 100 or 200 it was no faster. */
const RUNNING = '32'

/** pg_cron in a PostgreSQL of its own, each job a connection: its default, and faster than background workers. */
export async function pgCron(): Promise<Contestant | Absent> {
  const version = await findVersion()
  if (version === null) return { absent: 'pg_cron is not installed (apt-get install postgresql-15-cron)' }
  const server = await start(join(VERSIONS, version, 'bin'))
  return {
    name: 'pg_cron',
    most: 1_000,
    herd: (count) =>
      withClient(server.url, async (client) => {
        await client.query('truncate cron.job_run_details')
        await awayFromTheMinute(count)
        const due = await value<string>(
          client,
          `select (date_trunc('minute', clock_timestamp()) + interval '1 minute')::text`,
        )
        await client.query(
          `select count(cron.schedule('fire ' || i, '* * * * *', 'select 1')) from generate_series(1, $1) i`,
          [count],
        )
        if (await value<boolean>(client, `select clock_timestamp() > $1::timestamptz`, [due]))
          throw new Error(`pg_cron: ${count} jobs were not written before the minute was over.`)
        try {
          const done = `select jobid, min(end_time) as done from cron.job_run_details where start_time >= $1 and status = 'succeeded' group by jobid`
          await untilTrue(client, `select count(*) = $2 from (${done}) d`, [due, count], 250)
          const { rows } = await client.query<Herd>(
            `select (extract(epoch from min(done) - $1::timestamptz) * 1000)::float8 as first,
               (extract(epoch from max(done) - $1::timestamptz) * 1000)::float8 as last
             from (${done}) d`,
            [due],
          )
          if (!rows[0]) throw new Error('pg_cron ran nothing.')
          return rows[0]
        } finally {
          await client.query('select count(cron.unschedule(jobid)) from cron.job')
        }
      }),
    close: () => server.stop(),
  }
}

async function findVersion(): Promise<string | null> {
  const versions = await readdir(VERSIONS).catch(() => [])
  const found = versions.filter(
    (version) =>
      existsSync(join(VERSIONS, version, 'lib/pg_cron.so')) &&
      existsSync(join(VERSIONS, version, 'bin/postgres')),
  )
  return found.toSorted((a, b) => Number(b) - Number(a))[0] ?? null
}

/** Waits until enough of the minute is left to write the jobs. */
async function awayFromTheMinute(count: number): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 5_000 + 2 * count) await delay(left + 100)
}

async function start(bin: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-bench-pg-cron-'))
  const dataDirectory = join(folder, 'data')
  const user = await chooseOsUser(dataDirectory)
  if (user) await chown(folder, user.uid, user.gid)
  await runProgram(
    join(bin, 'initdb'),
    [`--pgdata=${dataDirectory}`, '--username=postgres', '--auth=trust'],
    user,
  )
  const port = await freePort()
  const postmaster = await startPostmaster({
    postgres: join(bin, 'postgres'),
    dataDirectory,
    port,
    user,
    logFile: join(folder, 'postgres.log'),
    settings: {
      shared_preload_libraries: 'pg_cron',
      'cron.host': '127.0.0.1',
      'cron.max_running_jobs': RUNNING,
      'cron.log_statement': 'off',
    },
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const keeper = startKeeper({ pg_ctl: join(bin, 'pg_ctl'), dataDirectory, user, removeData: true })
  await withClient(url, (client) => client.query('create extension pg_cron'))
  return {
    url,
    async stop() {
      await postmaster.stop()
      await keeper.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
