import { pathToFileURL } from 'node:url'
import type { FileDetails, Task } from 'graphile-worker'
import { describeError, type Log } from '../process/log.ts'
import { logTo } from './graphileLog.ts'
import type { Query } from '../process/query.ts'

/** What a file in tasks/ may say of its task: `export const metadata: TaskMetadata = { … }`. */
export interface TaskMetadata {
  /** Short name for people. */
  readonly label?: string
  readonly description?: string
  /** JSON Schema (draft 2020-12) of the payload: the database checks by it, and forms are made from it. */
  readonly payloadSchema?: Readonly<Record<string, unknown>>
  readonly group?: string
  /** Tasks that must have run before, when a group runs. */
  readonly dependsOn?: readonly string[]
  /** Default for schedules that set none: an interval as PostgreSQL reads it, such as '5 minutes'. */
  readonly timeout?: string
  /** Default for schedules that set none. */
  readonly maxAttempts?: number
  /** Defaults for schedules that set none: waits between attempts, as intervals, and the factor by which they grow. */
  readonly retryDelay?: string
  readonly retryBackoff?: number
  readonly retryCeiling?: string
  /** The database role that one must be a member of to use the task. An admin may name another. */
  readonly requiredRole?: string
  /** The resource group of runs whose schedule names none. An admin may name another. */
  readonly resourceGroup?: string
}

/** Metadata by task identifier. */
export type TaskCatalogue = Map<string, TaskMetadata>

/** Reads the metadata while Graphile Worker loads the files, and keeps one broken file from stopping the others. */
export function taskFilesPlugin(catalogue: TaskCatalogue, ownLog: Log | undefined): GraphileConfig.Plugin {
  return {
    name: 'AlmanacTaskFilesPlugin',
    version: '0.1.0',
    worker: {
      hooks: {
        loadTaskFromFiles: {
          before: ['LoadTaskFromJsPlugin'],
          after: ['AlmanacExecutablePlugin'],
          async callback(ctx, event) {
            if (event.handler) return
            const extensions = ctx.resolvedPreset.worker.fileExtensions ?? []
            const file = findModule(event.fileDetailsList, extensions)
            if (!file) return
            const log = ownLog ?? logTo(ctx.logger)
            try {
              const module = (await import(pathToFileURL(file.fullPath).href)) as Record<string, unknown>
              const metadata = module.metadata
              if (typeof metadata === 'object' && metadata !== null)
                catalogue.set(event.taskIdentifier, metadata)
              // As Graphile Worker reads it, which would let one such file end the worker.
              const { default: task } = module
              if (
                typeof task !== 'function' &&
                typeof (task as { default?: unknown })?.default !== 'function'
              )
                throw new Error('Its default export is not a function.')
            } catch (error) {
              log(
                'error',
                `Task ${event.taskIdentifier} could not be loaded from ${file.fullPath}: ${describeError(error)}`,
              )
              event.handler = failing(event.taskIdentifier, error)
            }
          },
        },
      },
    },
  }
}

function findModule(files: readonly FileDetails[], extensions: readonly string[]): FileDetails | undefined {
  for (const extension of extensions) {
    const file = files.find((candidate) => candidate.extension === extension)
    if (file) return file
  }
  return undefined
}

function failing(identifier: string, cause: unknown): Task {
  return () => {
    throw new Error(
      `Task ${identifier} could not be loaded when the worker started. Fix its file and restart the worker.`,
      {
        cause,
      },
    )
  }
}

/** Says in almanac.tasks what the tasks of this worker are. Which ones it has is in its row of almanac.workers. */
export async function announceTasks({
  query,
  identifiers,
  catalogue,
  told,
  log,
}: {
  query: Query
  identifiers: readonly string[]
  catalogue: TaskCatalogue
  /** What was logged already: it is announced every minute. */
  told: Set<string>
  log: Log
}): Promise<void> {
  for (const identifier of identifiers) {
    const row = JSON.stringify([toRow(identifier, catalogue.get(identifier) ?? {})])
    try {
      const [answer] = await query<{ problems: string[] }>(
        'select almanac_private.announce_tasks($1) as problems',
        [row],
      )
      for (const problem of answer?.problems ?? []) {
        if (!told.has(problem))
          log('warning', `Not every part of a JSON Schema is checked: task ${problem}. See docs/payloads.md.`)
        told.add(problem)
      }
    } catch (error) {
      log(
        'error',
        `Task ${identifier} cannot be announced, so schedules cannot name it: ${describeError(error)}`,
      )
    }
  }
}

function toRow(identifier: string, metadata: TaskMetadata) {
  return {
    identifier,
    label: metadata.label,
    description: metadata.description,
    payload_schema: metadata.payloadSchema,
    task_group: metadata.group,
    depends_on: metadata.dependsOn,
    default_timeout: metadata.timeout,
    default_max_attempts: metadata.maxAttempts,
    default_retry_delay: metadata.retryDelay,
    default_retry_backoff: metadata.retryBackoff,
    default_retry_ceiling: metadata.retryCeiling,
    declared_role: metadata.requiredRole,
    resource_group: metadata.resourceGroup,
  }
}
