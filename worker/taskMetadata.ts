import type { IsolationMetadata } from './isolation/isolation.ts'

/** What a file in tasks/ may say of its task: `export const metadata: TaskMetadata = { … }`. */
export interface TaskMetadata {
  /** Short name for people. */
  readonly label?: string
  readonly description?: string
  /** JSON Schema (draft 2020-12) of the payload: the database checks by it, and forms are made from it. */
  readonly payloadSchema?: Readonly<Record<string, unknown>>
  /** The group of tasks that it belongs to, which a schedule can run as a whole. */
  readonly group?: string
  /** Tasks that must have succeeded before it, where its group, or all tasks, run. Unknown ones and cycles are refused. */
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
  /** Whether it runs in a process of its own, and what that may use. */
  readonly isolation?: boolean | IsolationMetadata
}

/** Metadata by task identifier; problem: why its file could not be loaded. */
export type TaskCatalogue = Map<string, TaskMetadata & { readonly problem?: string }>

/** Metadata as a file or a task has it; whether each field is right, the database says. */
export function asMetadata(value: unknown): TaskMetadata | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
