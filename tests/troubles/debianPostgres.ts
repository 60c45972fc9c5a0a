import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, randomPassword } from '../../cli/embedded/clusterFile.ts'
import { startKeeper } from '../../cli/embedded/keeper.ts'
import { chooseOsUser, type OsUser } from '../../cli/embedded/osUser.ts'
import { runProgram, startPostmaster, type Postmaster } from '../../cli/embedded/postmaster.ts'
import { findPostgresPrograms } from '../../scripts/postgres.mjs'

/** A server of the operating system's PostgreSQL, which can also be dumped, copied and promoted. */
export interface DebianServer {
  /** The superuser's URL of the database `postgres`. */
  readonly adminConnectionString: string
  readonly port: number
  readonly dataDirectory: string
  readonly postmaster: Postmaster
  /** A hot standby of this server, made by pg_basebackup, on a port of its own. */
  standby(): Promise<Standby>
  stop(): Promise<void>
}

export interface Standby extends DebianServer {
  /** Resolves when the standby takes writes. */
  promote(): Promise<void>
}

interface Folder {
  readonly dataDirectory: string
  readonly logFile: string
  readonly user: OsUser | null
  remove(): Promise<void>
}

const TEMPORARY_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'replica',
}

/** The path of one of PostgreSQL's own programs: pg_dump, pg_restore, psql, … */
export function postgresTool(program: string): string {
  const folder = findPostgresPrograms()
  if (folder === null)
    throw new Error('No PostgreSQL programs are installed. Run "node scripts/install.mjs --tests".')
  return join(folder, program)
}

/** Makes an empty cluster in a temporary folder and starts it. */
export async function startDebianServer({
  settings = {},
}: { settings?: Readonly<Record<string, string>> } = {}): Promise<DebianServer> {
  const folder = await temporaryFolder()
  const password = randomPassword()
  const passwordFile = join(dirname(folder.dataDirectory), 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (folder.user) await chown(passwordFile, folder.user.uid, folder.user.gid)
  await runProgram(
    postgresTool('initdb'),
    [
      `--pgdata=${folder.dataDirectory}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    folder.user,
  )
  return await launch(folder, password, settings)
}

async function launch(
  folder: Folder,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<DebianServer> {
  const { dataDirectory, logFile, user } = folder
  const port = await freePort()
  const adminConnectionString = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const keeper = startKeeper({ pg_ctl: postgresTool('pg_ctl'), dataDirectory, user, removeData: true })
  const postmaster = await startPostmaster({
    postgres: postgresTool('postgres'),
    dataDirectory,
    port,
    user,
    logFile,
    settings: { ...TEMPORARY_SETTINGS, ...settings },
  })

  return {
    adminConnectionString,
    port,
    dataDirectory,
    postmaster,
    standby: () => makeStandby(adminConnectionString, password, settings),
    async stop() {
      await postmaster.stop()
      await keeper.release()
      await folder.remove()
    },
  }
}

async function makeStandby(
  primaryUrl: string,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<Standby> {
  const folder = await temporaryFolder()
  await runProgram(
    postgresTool('pg_basebackup'),
    [
      `--dbname=${primaryUrl}`,
      `--pgdata=${folder.dataDirectory}`,
      '--wal-method=stream',
      '--checkpoint=fast',
      '--write-recovery-conf',
      '--no-sync',
    ],
    folder.user,
  )
  const server = await launch(folder, password, settings)
  return {
    ...server,
    promote: () =>
      runProgram(
        postgresTool('pg_ctl'),
        ['promote', '--wait', `--pgdata=${folder.dataDirectory}`],
        folder.user,
      ),
  }
}

async function temporaryFolder(): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'almanac-server-'))
  await chmod(root, 0o711)
  const home = join(root, 'server')
  const user = await chooseOsUser(home)
  await mkdir(home, { mode: 0o700 })
  if (user) await chown(home, user.uid, user.gid)
  return {
    dataDirectory: join(home, 'data'),
    logFile: join(root, 'postgres.log'),
    user,
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
