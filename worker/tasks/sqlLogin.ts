import { createHash } from 'node:crypto'
import { escapeIdentifier, escapeLiteral, type ClientConfig } from 'pg'
import { withLogin } from '../../process/databaseUrl.ts'
import type { Log } from '../../process/log.ts'
import { markPermanent } from '../runs/permanent.ts'
import type { Query } from '../../process/query.ts'
import type { Run } from '../run.ts'
import { scramVerifier } from './scram.ts'

/** How the statement of a run logs in. */
export interface SqlLogin {
  readonly config: ClientConfig
  /** The role whose rights it has; null: only what it was granted itself. */
  readonly serves: string | null
  /** Gives the login a new password, if it is ours: the kept one was refused. */
  renew?(): Promise<SqlLogin>
}

interface Opened {
  readonly role_name: string
  readonly kept: string
  /** The role whose rights it has, if it is to have any. */
  readonly serves: string | null
  /** Why it cannot be used. */
  readonly lacks: 'role' | 'login' | 'creation' | 'grant' | 'reset' | 'permission' | null
  /** What someone had changed, and was reset. */
  readonly changed: string | null
}

/**
 * How `almanac:sql` logs in for a run: ALMANAC_SQL_URL, else the login of the role that the run runs as, which is made
 * when it is first needed, on the worker's own database.
 */
export async function sqlLogin(
  run: Pick<Run, 'id' | 'scheduledFor'>,
  {
    query,
    sqlUrl,
    connectionString,
    log,
  }: { query: Query; sqlUrl: string | undefined; connectionString: string; log: Log },
): Promise<SqlLogin> {
  if (sqlUrl) return { config: { connectionString: sqlUrl }, serves: null }
  return toLogin((await open()) ?? (await open(true)), true)

  async function open(make = false, failed: string | null = null): Promise<Opened | null> {
    const [opened] = await query<Opened>('select * from almanac_private.open_sql_login($1, $2, $3, $4)', [
      run.id,
      run.scheduledFor,
      make,
      failed === null ? null : createHash('sha256').update(failed).digest('hex'),
    ])
    if (!opened) throw markPermanent(new Error(`Run ${run.id} is not a running run of almanac:sql.`))
    if (opened.changed !== null)
      log(
        'warning',
        `ALARM: The login ${opened.role_name} of almanac:sql was changed (${opened.changed})${opened.lacks === null ? ', and was reset' : ''}. Only a statement that ran as this login, or a DBA, can have done that.`,
      )
    return opened.lacks === 'login' ? null : opened
  }

  function toLogin(opened: Opened | null, mayRenew: boolean): SqlLogin {
    if (!opened || opened.lacks !== null) throw markPermanent(refusal(opened))
    const { role_name: name, kept: password } = opened
    return {
      config: { connectionString: withLogin(connectionString, { name, password }) },
      serves: opened.serves,
      ...(mayRenew && {
        renew: async () => toLogin(await open(true, password), false),
      }),
    }
  }
}

/** Why there is no login, with all that a DBA has to run. */
function refusal(opened: Opened | null): Error {
  if (!opened || opened.lacks === 'role')
    return new Error(
      "The role that this schedule runs as no longer exists. As an admin, give the schedule another one: select almanac.give_schedule('…', '…');",
    )
  const name = escapeIdentifier(opened.role_name)
  if (opened.lacks === 'reset')
    return new Error(
      `The settings of the login ${opened.role_name} of almanac:sql were changed, and the owner of Almanac may not reset them. Ask a DBA to run this, then trigger the schedule again:\n  alter role ${name} reset all;`,
    )
  if (opened.lacks === 'permission')
    return new Error(
      `The login ${opened.role_name} of almanac:sql may not log in (${opened.changed}), because a DBA barred it. To allow it again, ask a DBA to run this, then trigger the schedule again:\n  alter role ${name} login valid until 'infinity' connection limit -1;`,
    )
  const script = [
    ...(opened.lacks === 'creation'
      ? [`create role ${name} login password ${escapeLiteral(scramVerifier(opened.kept))};`]
      : []),
    ...(opened.serves === null ? [] : [`grant ${escapeIdentifier(opened.serves)} to ${name};`]),
  ]
  return new Error(
    `almanac:sql has no login${opened.serves === null ? '' : ` with the rights of ${opened.serves}`}, and the owner of Almanac may not ${opened.lacks === 'creation' ? 'create one' : 'grant them'}. Ask a DBA to run this, then trigger the schedule again:\n  ${script.join('\n  ')}`,
  )
}
