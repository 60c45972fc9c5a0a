import type { Log } from '../../process/log.ts'
import type { RunTask } from '../run.ts'

/** A check that takes longer is abandoned, and tried again by its schedule. */
const LONGEST = '5min'

interface Check {
  found: number
  counts: Readonly<Record<string, number>>
  range_start: string
  range_end: string
  unchecked_since: string | null
  took_ms: number
}

/**
 * The task `almanac:check_ledger`: compares the ledger with what the rules name, and keeps what it finds in
 * `almanac.ledger_checks`. On a connection of the pool that runs jobs: heartbeats do not wait for it.
 */
export function createCheckLedgerTask({ log }: { log: Log }): RunTask {
  return async (_payload, { withPgClient }) => {
    const check = await withPgClient(async (client) => {
      await client.query('begin')
      try {
        await client.query(`set local statement_timeout to '${LONGEST}'`)
        const { rows } = await client.query<Check>(CHECK)
        await client.query('commit')
        return rows[0]
      } catch (error) {
        await client.query('rollback').catch(() => undefined)
        throw error
      }
    })
    if (!check) throw new Error('The check returned no result.')
    if (check.unchecked_since !== null)
      log('warning', `The ledger was not checked from ${check.unchecked_since} to ${check.range_start}.`)
    if (check.found > 0) log('warning', describeFindings(check))
    return check
  }
}

const CHECK = `
  select c.found, c.counts, c.took_ms, pg_catalog.to_json(c.range_start)#>>'{}' as range_start, pg_catalog.to_json(c.range_end)#>>'{}' as range_end,
    pg_catalog.to_json(c.unchecked_since)#>>'{}' as unchecked_since
  from almanac_private.run_ledger_check() c`

function describeFindings({ found, counts, range_start: from, range_end: to }: Check): string {
  const kinds = Object.entries(counts).map(([problem, count]) => `${count} ${problem}`)
  return `The ledger has ${found} ${found === 1 ? 'problem' : 'problems'} (${kinds.join(', ')}). See: select * from almanac.check_ledger('${from}', '${to}'), or at Ledger in the web client.`
}
