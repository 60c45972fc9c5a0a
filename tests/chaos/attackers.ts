import { setTimeout as delay } from 'node:timers/promises'
import { withLogin } from '../../process/databaseUrl.ts'
import { STOPPING } from '../attacks/stopping/attacks.ts'
import { isMistake, type Target } from '../attacks/stopping/means.ts'
import type { Act, Scene } from './acts.ts'
import { ask } from './ask.ts'
import { signIn } from './requests.ts'

const PASSWORD = 'havoc'
const roleOf = (login: string) => `havoc_${login}`

/** Logins and users that attack, as tests/attacks has them. */
export async function admitAttackers(url: string): Promise<void> {
  for (const login of ['plain', 'viewer', 'operator', 'worker']) {
    const group = login === 'plain' ? '' : ` in role almanac_${login}`
    await ask(url, `create role ${roleOf(login)} login password '${PASSWORD}'${group}`)
  }
  await ask(
    url,
    `insert into almanac.users (username, role) select 'havoc_' || r, r from unnest(enum_range(null::almanac.user_role)) r`,
  )
}

/** What they leave behind. */
export async function removeTraces(url: string): Promise<void> {
  await ask(url, `delete from almanac.schedules where name like 'attack%'`)
}

function targetOf({ cluster, server }: Scene): Target {
  const url = cluster.connectionString
  return {
    url: server.url,
    connectionStringFor: (login) => withLogin(url, { name: roleOf(login), password: PASSWORD }),
    cookie: (role) => signIn(url, server, roleOf(role)),
  }
}

/** Each attack for a while. What it is refused, and that it is cut off, is as it must be. */
export const ATTACKS: readonly Act[] = STOPPING.map(({ name, attack }): Act => [
  `attack: ${name}`,
  async (scene) => {
    const over = new AbortController()
    const attacking = attack(targetOf(scene), over.signal).catch((error: unknown) => {
      if (isMistake(error)) throw error
    })
    await Promise.race([delay(1_000 + scene.random(3_000)), attacking])
    over.abort()
    await attacking
  },
])
