import type { PoolClient } from 'pg'
import type { WorkerEvents, WorkerPluginBaseContext, WorkerPluginContext, WorkerPool } from 'graphile-worker'
import { describeError } from '../../process/log.ts'
import { logTo } from '../graphileLog.ts'
import { paced } from '../paced.ts'

/** Milliseconds between looks, however often it is said that there is something to see. */
const PAUSE = 1_000
/** The exit code that Graphile Worker gives a process that is too old for its schema. */
const EXIT_TOO_OLD = 57

const guarded = new WeakSet<WorkerEvents>()

/**
 * Graphile Worker shuts a pool down when a NOTIFY says that its schema was migrated to a version which it does not know.
 * Any role can send one, so the word is taken from it here, before the pool obeys, and the schema is looked at.
 */
export function guardAgainstFalseMigrations({ events }: Pick<WorkerPluginBaseContext, 'events'>): void {
  if (guarded.has(events)) return
  guarded.add(events)
  const looks = new WeakMap<WorkerPool, () => Promise<void>>()

  // The event comes before the pool reads the message, which is the same object.
  events.on('pool:listen:notification', ({ ctx, workerPool, message, client }) => {
    if (message.channel !== 'worker:migrate') return
    message.payload = ''
    const log = logTo(ctx.logger)
    let look = looks.get(workerPool)
    if (!look) {
      // Logged by each look, not by each of the thousands of messages that may have asked for it.
      const tell = (error: unknown) =>
        log('warning', `Graphile Worker's schema could not be checked: ${describeError(error)}`)
      looks.set(workerPool, (look = paced(() => obeySchema(ctx, workerPool, client).catch(tell), PAUSE)))
    }
    void look()
  })
}

async function obeySchema(
  { escapedWorkerSchema, maxMigrationNumber, logger }: WorkerPluginContext,
  workerPool: WorkerPool,
  client: PoolClient,
): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    `select id from ${escapedWorkerSchema}.migrations where breaking and id > $1 order by id desc limit 1`,
    [maxMigrationNumber],
  )
  const [newer] = rows
  if (!newer) return
  const message = `Graphile Worker's schema was migrated to ${newer.id}, but this worker only knows revision ${maxMigrationNumber}: it takes no more jobs. Start one that knows the new revision.`
  logTo(logger)('error', message)
  process.exitCode = EXIT_TOO_OLD
  await workerPool.gracefulShutdown(message)
}
