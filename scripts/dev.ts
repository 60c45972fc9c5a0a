import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { withQuery } from '../cli/database.ts'
import { startCluster } from '../cli/embedded/cluster.ts'
import { createExamples } from '../cli/examples.ts'
import { createLog } from '../cli/log.ts'
import { applyMigrations } from '../cli/migrations.ts'
import { keepDatabase } from '../cli/start/databaseKeeper.ts'
import { findLaunchers, watchLaunchers } from '../cli/start/launcher.ts'
import { takeDataDir } from '../cli/start/runningFile.ts'
import { listenForStop } from '../cli/start/stopRequest.ts'
import { readSettings } from '../cli/settings.ts'
import { createLoginLink } from '../server/auth/loginLink.ts'
import { describeError } from '../process/log.ts'
import { startDevPart, type DevPart } from './dev/devPart.ts'
import { partsThatRead, watchSources } from './dev/sources.ts'

/**
 * `npm run dev`: an embedded database of its own with current.sql applied, the server and a worker, each started again when
 * a file that it reads changes, and the web client from Vite, which passes on what is the server's.
 */
const ROOT = resolve(import.meta.dirname, '..')
const CURRENT = resolve(ROOT, 'sql/migrations/current.sql')
const VITE = resolve(ROOT, 'node_modules/vite/bin/vite.js')

const settings = readSettings({ ALMANAC_DATA_DIR: '.almanac/dev', ...process.env, DATABASE_URL: '' })
const { dataDir, host, port } = settings
const webUrl = `http://${host}:${port}`
const log = createLog('dev')
const print = (message: string) => log('info', message)
const closers: (() => Promise<unknown>)[] = []

process.env['GRAPHILE_ENV'] ||= 'development'
const stop = listenForStop()
const launchers = findLaunchers(process.env)
const stopWatching = watchLaunchers(launchers, () => stop.ask('npm has exited'))
try {
  await startAll()
  print(`Stopping (${await stop.asked})`)
} catch (error) {
  if (!stop.signal.aborted) {
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode = 1
  }
} finally {
  stop.ask('a failure')
  for (const close of closers.reverse()) await close()
  stopWatching()
}

async function startAll(): Promise<void> {
  const running = await takeDataDir(dataDir, { launchers, log: print })
  closers.push(() => running.release())
  const cluster = await startCluster({ dataDir, log: print })
  const kept = keepDatabase(cluster, { signal: stop.signal, log: print })
  closers.push(async () => {
    await cluster.stop()
    await kept
  })
  const url = cluster.connectionString
  await migrate(url)
  await createExamples(url)
  stop.signal.throwIfAborted()

  // Behind Vite, so that whatever port is free serves: after a start again, the same one.
  let serverPort = 0
  const environment = () => ({
    ...process.env,
    DATABASE_URL: url,
    ALMANAC_DATA_DIR: dataDir,
    ALMANAC_PUBLIC_URL: webUrl,
    PORT: String(serverPort),
  })
  const parts: Readonly<Record<'server' | 'worker', DevPart>> = {
    server: startDevPart({ name: 'server', environment, log: print }),
    worker: startDevPart({ name: 'worker', environment, log: print }),
  }
  closers.push(() => Promise.all(Object.values(parts).map((part) => part.stop())))

  const serverUrl = await Promise.race([parts.server.url, stop.asked.then(() => null)])
  stop.signal.throwIfAborted()
  serverPort = Number(new URL(serverUrl!).port)
  startVite(serverUrl!)
  await running.update({ url: webUrl })

  closers.push(
    watchSources(ROOT, async (paths) => {
      print(`Changed: ${paths.join(', ')}`)
      const sql = paths.filter((path) => path.startsWith('sql/'))
      if (sql.length > 0 && !(await applySql(url, sql))) return
      await Promise.all(partsThatRead(paths).map((name) => parts[name].restart()))
    }),
  )
  const link = await withQuery(url, (query) => createLoginLink({ query, username: 'admin', baseUrl: webUrl }))
  print(`Database: ${url}`)
  print(`GraphQL:  ${webUrl}/graphql`)
  print(`Web:      ${link}`)
  print(`The data is in ${dataDir}. Ctrl-C stops everything.`)
}

async function migrate(connectionString: string): Promise<void> {
  await applyMigrations({
    connectionString,
    withCurrent: true,
    log: print,
    logins: { serverUrl: undefined, workerUrl: undefined, sqlUrl: undefined, isTrial: true, log: print },
  })
}

/** Runs functions that have changed, also those that current.sql does not include yet, and applies current.sql. */
async function applySql(connectionString: string, paths: readonly string[]): Promise<boolean> {
  try {
    for (const path of paths.filter((one) => one.startsWith('sql/functions/')))
      await applyFunction(connectionString, path)
    await migrate(connectionString)
    print('The database is up to date; "npm run generated" brings the types of the client up to date.')
    return true
  } catch (error) {
    print(
      `${describeError(error)}\nFix it and save again, or stop, remove ${dataDir} and start with an empty database.`,
    )
    return false
  }
}

async function applyFunction(connectionString: string, path: string): Promise<void> {
  const text = await readFile(resolve(ROOT, path), 'utf8').catch(() => null)
  if (text === null) return
  await withQuery(connectionString, (query) => query(text))
  const include = `--!include ${path.slice('sql/'.length)}`
  if (!(await readFile(CURRENT, 'utf8')).includes(include))
    print(`sql/migrations/current.sql lacks "${include}"`)
}

function startVite(serverUrl: string): void {
  const child = spawn(
    process.execPath,
    [
      VITE,
      '--host',
      host,
      '--port',
      String(port),
      '--strictPort',
      '--clearScreen',
      'false',
      '--logLevel',
      'warn',
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ALMANAC_DEV_SERVER: serverUrl },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const ended = once(child, 'exit')
  void ended.then(([code]) => {
    if (!stop.signal.aborted) process.exitCode = 1
    stop.ask(`Vite ended with code ${String(code)}`)
  })
  closers.push(async () => {
    child.kill('SIGTERM')
    await ended
  })
}
