import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FileDetails, Task, TaskList } from 'graphile-worker'
import { withoutFolders } from '../process/causes.ts'
import { describeError, type Log } from '../process/log.ts'
import { metadataOf } from './defineTask.ts'
import { logTo } from './graphileLog.ts'
import { readIsolation } from './isolation/isolation.ts'
import type { Isolating } from './isolation/isolating.ts'
import { serveOwnPackage } from './ownPackage.ts'
import { withOrder } from './payloadOrder.ts'
import type { Query } from '../process/query.ts'
import { asMetadata, type TaskCatalogue, type TaskMetadata } from './taskMetadata.ts'
import { findExecutable } from './tasks/executable.ts'

/** Where a task's metadata may be instead, next to its file: an executable exports nothing. */
const SIDECAR = '.task.json'

/**
 * Makes tasks of the files that Graphile Worker finds, in place of its own plugins: programs, modules, and either of them
 * in processes of their own. Reads their metadata, and keeps one broken file from stopping the others.
 */
export function taskFilesPlugin(
  catalogue: TaskCatalogue,
  ownLog: Log | undefined,
  isolating: Isolating,
): GraphileConfig.Plugin {
  serveOwnPackage()

  /** The task of a file; null: Graphile Worker loads it. */
  async function load(identifier: string, files: readonly FileDetails[], extensions: readonly string[]) {
    const sidecar = files.find(({ extension }) => extension === SIDECAR)
    let metadata = sidecar && (await readSidecar(sidecar.fullPath))
    if (metadata) catalogue.set(identifier, metadata)
    let isolation = readIsolation(metadata?.isolation)

    const program = findExecutable(files)
    if (program) return isolating.program(identifier, program.fullPath, isolation)
    const file = findModule(files, extensions)
    if (!file) return null
    // A module that is to run in a process of its own is not loaded in the worker, where that can be known before.
    if (!isolation) {
      const module = (await import(pathToFileURL(file.fullPath).href)) as Record<string, unknown>
      metadata ??= exportedMetadata(module)
      if (metadata) catalogue.set(identifier, metadata)
      isolation = readIsolation(metadata?.isolation)
      requireTask(module)
    }
    return isolation && isolating.module(file.fullPath, isolation)
  }

  return {
    name: 'AlmanacTaskFilesPlugin',
    version: '0.1.0',
    worker: {
      hooks: {
        loadTaskFromFiles: {
          before: ['LoadTaskFromExecutableFilePlugin', 'LoadTaskFromJsPlugin'],
          async callback(ctx, event) {
            if (event.handler) return
            const { taskIdentifier, fileDetailsList } = event
            const log = ownLog ?? logTo(ctx.logger)
            const extensions = ctx.resolvedPreset.worker.fileExtensions ?? []
            try {
              const handler = await load(taskIdentifier, fileDetailsList, extensions)
              if (handler) event.handler = handler
            } catch (error) {
              const where = (findModule(fileDetailsList, extensions) ?? fileDetailsList[0])?.fullPath
              const problem = describeError(error)
              log('error', `Task ${taskIdentifier} could not be loaded from ${where}: ${problem}`)
              catalogue.set(taskIdentifier, { ...catalogue.get(taskIdentifier), problem: toldOf(problem) })
              event.handler = failing(taskIdentifier, error)
            }
          },
        },
      },
    },
  }
}

async function readSidecar(path: string): Promise<TaskMetadata> {
  const metadata = asMetadata(JSON.parse(await readFile(path, 'utf8')))
  if (!metadata) throw new Error(`${basename(path)} is not a JSON object.`)
  return metadata
}

/** What a module exports of its task, by itself or with the task. */
function exportedMetadata({ metadata, default: task }: Record<string, unknown>): TaskMetadata | undefined {
  return asMetadata(metadata) ?? metadataOf(task) ?? metadataOf((task as { default?: unknown })?.default)
}

/** As Graphile Worker reads it, which would let one such file end the worker. */
function requireTask({ default: task }: Record<string, unknown>): void {
  if (typeof task !== 'function' && typeof (task as { default?: unknown })?.default !== 'function')
    throw new Error('Its default export is not a function.')
}

function findModule(files: readonly FileDetails[], extensions: readonly string[]): FileDetails | undefined {
  for (const extension of extensions) {
    const file = files.find((candidate) => candidate.extension === extension)
    if (file) return file
  }
  return undefined
}

/** For everyone who may see tasks. */
function toldOf(problem: string): string {
  return withoutFolders(problem).replaceAll('\0', '').slice(0, 2_000)
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

/** Adds what tasks say of themselves that are in no file. Throws where one asks for what only a file can have. */
export function catalogueTasks(
  tasks: TaskList,
  identifiers: readonly string[],
  catalogue: TaskCatalogue,
): void {
  for (const identifier of identifiers) {
    const metadata = catalogue.has(identifier) ? undefined : metadataOf(tasks[identifier])
    if (!metadata) continue
    if (metadata.isolation)
      throw new Error(
        `Task ${identifier} asks for a process of its own, which only a task in a file can have: move it to the folder of tasks, or take isolation out of it.`,
      )
    catalogue.set(identifier, metadata)
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
  const registration = JSON.stringify(
    Object.fromEntries(
      identifiers.map((identifier) => {
        const needs: unknown = catalogue.get(identifier)?.dependsOn
        return [identifier, Array.isArray(needs) ? needs : []]
      }),
    ),
  )
  for (const identifier of identifiers) {
    try {
      const row = JSON.stringify([toRow(identifier, catalogue.get(identifier) ?? {})])
      const [answer] = await query<{ problems: string[] }>(
        'select almanac_private.announce_tasks($1, registration => $2) as problems',
        [row, registration],
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

function toRow(identifier: string, metadata: TaskMetadata & { readonly problem?: string }) {
  return {
    identifier,
    label: metadata.label,
    description: metadata.description,
    payload_schema: withOrder(metadata.payloadSchema),
    task_group: metadata.group,
    depends_on: metadata.dependsOn,
    default_timeout: metadata.timeout,
    default_max_attempts: metadata.maxAttempts,
    default_retry_delay: metadata.retryDelay,
    default_retry_backoff: metadata.retryBackoff,
    default_retry_ceiling: metadata.retryCeiling,
    declared_role: metadata.requiredRole,
    resource_group: metadata.resourceGroup,
    isolation: isolationRow(metadata),
    problem: metadata.problem,
  }
}

/** As almanac.tasks shows it. What is wrong with it was said when its file was read. */
function isolationRow({ isolation }: TaskMetadata) {
  try {
    const read = readIsolation(isolation)
    return read && { memory_mb: read.memory, cpu_seconds: read.cpu, runs: read.runs }
  } catch {
    return null
  }
}
