import { jsonParse } from 'postgraphile/@dataplan/json'
import { constant, context, listen } from 'postgraphile/grafast'
import { extendSchema } from 'postgraphile/utils'

const HELLO = '{"op":"hello","ids":[]}'

/** A subscription that passes on what a channel says: ids only, so the client reads what it shows with its own rights. */
const onChannel = (channel: string) => ({
  subscribePlan: () => listen(context().get('pgSubscriber'), constant(channel), jsonParse, constant(HELLO)),
  plan: ($event: unknown) => $event,
})

/** `scheduleChanged`, `runChanged`, `runLogged`, `workerChanged`, `ledgerChecked`. The first event is `hello`: from then on nothing is missed without a `lost` or a `resync`. */
export const ChangesPlugin = extendSchema(() => ({
  typeDefs: /* GraphQL */ `
    extend type Subscription {
      """
      Schedules were created, changed or deleted.
      """
      scheduleChanged: Change
      """
      Runs began, moved on or ended; the ids are those of their schedules.
      """
      runChanged: Change
      """
      Runs that are running have logged something or moved on; the ids are theirs.
      """
      runLogged: Change
      """
      Workers started or stopped.
      """
      workerChanged: Change
      """
      The ledger was checked; the ids are those of the checks.
      """
      ledgerChecked: Change
    }

    """
    What changed. Refetch whatever you show of it.
    """
    type Change {
      """
      hello (the subscription stands), insert, update, delete, bulk (too many to name), lost (nothing is told until the next resync) or resync (something may have been missed).
      """
      op: String!
      """
      Numbers of what changed; empty with hello, bulk, lost and resync.
      """
      ids: [BigInt!]!
    }
  `,
  objects: {
    Subscription: {
      plans: {
        scheduleChanged: onChannel('almanac_schedules'),
        runChanged: onChannel('almanac_runs'),
        runLogged: onChannel('almanac_logs'),
        workerChanged: onChannel('almanac_workers'),
        ledgerChecked: onChannel('almanac_ledger'),
      },
    },
    Change: {
      plans: {
        op: ($event: { get(key: string): unknown }) => $event.get('op'),
        ids: ($event: { get(key: string): unknown }) => $event.get('ids'),
      },
    },
  },
}))
