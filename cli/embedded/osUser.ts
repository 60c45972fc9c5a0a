import { spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'

/** The operating system's user that the embedded database runs as, when it is not our own. */
export interface OsUser {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

const CREATED_USER = 'almanac'

/**
 * PostgreSQL refuses to run as root. Started by root, the database therefore runs as the owner of its data,
 * else as `postgres`, otherwise as a system user of our own. `null`: as ourselves.
 */
export async function chooseOsUser(dataDirectory: string): Promise<OsUser | null> {
  if (process.getuid?.() !== 0) return null

  const owner = await stat(dataDirectory).catch(() => null)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: String(owner.uid) }

  const user = findUser('postgres') ?? findUser(CREATED_USER) ?? createUser() ?? findUser('nobody')
  if (!user) {
    throw new Error(
      'PostgreSQL does not run as root, and no other user was found for it. Create one (useradd --system almanac), or set DATABASE_URL to use a server of your own.',
    )
  }
  return user
}

/** Whether `user` can enter `folder`: each folder above it must let them through. */
export function canEnter(user: OsUser | null, folder: string): boolean {
  if (!user) return true
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], asUser(user)).status === 0
}

/** The options that make `spawn` run a program as `user`. */
export function asUser(user: OsUser | null): { uid?: number; gid?: number; cwd: string } {
  return user ? { uid: user.uid, gid: user.gid, cwd: '/' } : { cwd: '/' }
}

function findUser(name: string): OsUser | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const answer = spawnSync('id', [flag, name], { encoding: 'utf8' })
    return answer.status === 0 ? Number(answer.stdout) : NaN
  })
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid!, gid: gid!, name } : null
}

function createUser(): OsUser | null {
  spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    CREATED_USER,
  ])
  return findUser(CREATED_USER)
}
