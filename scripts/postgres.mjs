import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The oldest PostgreSQL that Almanac supports. */
const OLDEST = 15
const DEBIAN = '/usr/lib/postgresql'

/**
 * The folder with PostgreSQL's own programs (initdb, pg_dump, pg_basebackup, …), or null. The packages of npm bring the
 * server only. POSTGRES_BIN, when set, is the only folder that counts.
 * @returns {string | null}
 */
export function findPostgresPrograms() {
  const chosen = process.env.POSTGRES_BIN
  if (chosen) return isComplete(chosen) ? chosen : null
  return [...debianFolders(), ...pathFolders()].find(isComplete) ?? null
}

/** Installs Debian's package where root may. */
export function installPostgresPrograms() {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0)
    return
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update'], options)
  spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', 'postgresql'], options)
}

function debianFolders() {
  if (!existsSync(DEBIAN)) return []
  return readdirSync(DEBIAN)
    .filter((version) => Number(version) >= OLDEST)
    .sort((a, b) => Number(a) - Number(b))
    .map((version) => join(DEBIAN, version, 'bin'))
}

/** On Debian the PATH has wrappers of some programs: the folder must have all of them. */
function pathFolders() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
}

function isComplete(folder) {
  const programs = ['postgres', 'initdb', 'pg_ctl', 'pg_dump', 'pg_restore', 'pg_basebackup', 'psql']
  if (!programs.every((program) => existsSync(join(folder, program)))) return false
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return Number(/\d+/.exec(stdout ?? '')?.[0]) >= OLDEST
}
