import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { listenError } from '../../server/address.ts'
import { createLoginLink } from '../../server/auth/loginLink.ts'
import { withQuery } from '../database.ts'
import { startCluster, type Cluster } from '../embedded/cluster.ts'
import { folderNote } from '../embedded/clusterFile.ts'
import { createExamples } from '../examples.ts'
import { createLog } from '../log.ts'
import { applyMigrations } from '../migrations.ts'
import { PACKAGE_ROOT } from '../../process/packageRoot.ts'
import { taskSecrets, withoutSecrets, withPassword } from '../secrets.ts'
import type { Settings } from '../settings.ts'
import { keepDatabase } from './databaseKeeper.ts'
import { findLaunchers, watchLaunchers } from './launcher.ts'
import { startPart } from './part.ts'
import { identify, type ProcessIdentity } from './processIdentity.ts'
import { takeDataDir, type RunningFile } from './runningFile.ts'
import { listenForStop, type StopRequest } from './stopRequest.ts'
import { buildWebClient } from './webClient.ts'

interface Start {
  readonly settings: Settings
  readonly withCurrent: boolean
  readonly upgradeGraphileWorker: boolean
  readonly stop: StopRequest
  readonly print: (message: string) => void
  /** What has been started so far and must be closed, the last first. */
  readonly closers: (() => Promise<void>)[]
}

/** `almanac start`: runs everything until it is asked to stop, and then stops it in the opposite order. */
export async function start(
  options: Pick<Start, 'settings' | 'withCurrent' | 'upgradeGraphileWorker'>,
): Promise<void> {
  const log = createLog()
  const stop = listenForStop()
  const launchers = findLaunchers(process.env)
  const closers: Start['closers'] = []
  const stopWatching = watchLaunchers(launchers, () => stop.ask('npm has exited'))
  try {
    await startAll({ ...options, stop, closers, print: (message) => log('info', message) }, launchers)
    log('info', `Stopping (${await stop.asked})`)
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    stop.ask('a failure')
    for (const close of closers.reverse()) await close()
    stopWatching()
  }
}

async function startAll(start: Start, launchers: readonly ProcessIdentity[]): Promise<void> {
  const { settings, stop, print } = start
  const running = settings.databaseUrl ? null : await hold(start, launchers)
  await checkPort(settings)
  const [opened, built] = await Promise.allSettled([
    openDatabase(start, running),
    buildWebClient(PACKAGE_ROOT, print),
  ])
  stop.signal.throwIfAborted()
  if (opened.status === 'rejected') throw opened.reason
  if (built.status === 'rejected') throw built.reason
  const database = opened.value

  print(`Database: ${database.url}`)
  const url = await startParts(start, database, running)
  await running?.update({ url })
  const link = await withQuery(database.url, (query) =>
    createLoginLink({ query, username: 'admin', baseUrl: settings.publicUrl ?? url }),
  )
  print(`GraphQL:  ${url}/graphql`)
  print(`Web:      ${link}`)
  print(
    'The link signs you in once, within 15 minutes; "npx almanac login-link" prints another. Ctrl-C stops everything.',
  )
}

async function hold(
  { settings, print, closers }: Start,
  launchers: readonly ProcessIdentity[],
): Promise<RunningFile> {
  const running = await takeDataDir(settings.dataDir, { launchers, log: print })
  closers.push(() => running.release())
  return running
}

interface Database {
  readonly url: string
  readonly cluster: Cluster | null
}

async function openDatabase(start: Start, running: RunningFile | null): Promise<Database> {
  const { settings, print, stop, closers, withCurrent, upgradeGraphileWorker } = start
  let cluster: Cluster | null = null
  if (running) {
    print(await folderNote(settings.dataDir))
    cluster = await startCluster({ dataDir: settings.dataDir, log: print })
    const kept = keepDatabase(cluster, { signal: stop.signal, log: print })
    closers.push(async () => {
      await cluster?.stop()
      await kept
    })
  }
  const url = cluster?.connectionString ?? settings.databaseUrl!
  stop.signal.throwIfAborted()
  await applyMigrations({
    connectionString: (cluster ? null : settings.directUrl) ?? url,
    withCurrent,
    upgradeGraphileWorker,
    log: print,
    logins: {
      serverUrl: settings.serverUrl,
      workerUrl: settings.workerUrl,
      sqlUrl: settings.sqlUrl,
      isTrial: cluster !== null,
      log: print,
    },
  })
  if (cluster) await createExamples(url)
  return { url, cluster }
}

async function startParts(start: Start, database: Database, running: RunningFile | null): Promise<string> {
  const { settings, stop, print, closers } = start
  let port = settings.port
  const ownDirectUrl = settings.directUrl ? withPassword(settings.directUrl, process.env) : ''
  // Each has its own URL: tasks run in the worker, and would read the server's or the owner's.
  const environmentFor = (name: 'server' | 'worker', loginUrl: string | undefined) => ({
    ...withoutSecrets(process.env),
    ...(name === 'worker' && taskSecrets(process.env)),
    PORT: String(port),
    DATABASE_URL: withPassword(loginUrl ?? database.url, process.env),
    ALMANAC_DIRECT_URL: loginUrl || database.cluster ? '' : ownDirectUrl,
    ALMANAC_SQL_URL: name === 'worker' && settings.sqlUrl ? withPassword(settings.sqlUrl, process.env) : '',
  })
  const part = (name: 'server' | 'worker', loginUrl: string | undefined) =>
    startPart({
      name,
      environment: () => environmentFor(name, loginUrl),
      lifeline: database.cluster?.lifeline ?? null,
      log: print,
      onStarted: () => void running?.update({ parts: identities() }),
    })
  const parts: ReturnType<typeof part>[] = []
  const identities = () => parts.flatMap(({ pid }) => (pid === null ? [] : (identify(pid) ?? [])))
  closers.push(async () => {
    await Promise.all(parts.map((one) => one.stop()))
  })
  stop.onImpatience(() => parts.forEach((one) => one.kill()))

  parts.push(part('server', settings.serverUrl), part('worker', settings.workerUrl))
  await running?.update({ parts: identities() })
  const [server] = await Promise.race([
    Promise.all(parts.map((one) => one.ready)),
    stop.asked.then((reason) => Promise.reject(new Error(`Stopped (${reason})`))),
  ])
  const url = server!.url!
  // Started again, it answers where it did.
  port = Number(new URL(url).port || port)
  return url
}

const PORT_FREE_WITHIN_MS = 3_000

/** Says clearly that the port is taken, giving a server that was just told to end the time to do so. */
async function checkPort({ host, port }: Settings): Promise<void> {
  if (port === 0) return
  for (const deadline = Date.now() + PORT_FREE_WITHIN_MS; ; await delay(100)) {
    const problem = await tryPort(host, port)
    if (problem === null) return
    if (problem.code !== 'EADDRINUSE' || Date.now() > deadline) {
      throw listenError(problem, host, port)
    }
  }
}

function tryPort(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}
