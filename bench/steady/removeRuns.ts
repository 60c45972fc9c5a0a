import type { Client } from 'pg'
import { value } from '../database.ts'

const KEPT = 100
/** What has just ended stays for three hours: the pass is made as if it were later. */
const LATER = '4 hours'

/** What a pass of retention has removed, and in what time. */
export interface Removal {
  readonly runs: number
  readonly seconds: number
}

/** Has retention remove all but the last runs of each schedule, as its own task does it, part by part. */
export async function removeRuns(client: Client): Promise<Removal> {
  await client.query('select almanac.set_retention(keep_last => $1)', [KEPT])
  const asOf = await value<string>(client, `select (clock_timestamp() + $1::interval)::text`, [LATER])
  const begun = performance.now()
  let runs = 0
  for (let isDone = false; !isDone;) {
    const { rows } = await client.query<{ removed: string; is_done: boolean }>(
      'select removed, is_done from almanac_private.apply_retention(as_of => $1)',
      [asOf],
    )
    isDone = rows[0]?.is_done ?? true
    runs += Number(rows[0]?.removed ?? 0)
  }
  return { runs, seconds: (performance.now() - begun) / 1_000 }
}
