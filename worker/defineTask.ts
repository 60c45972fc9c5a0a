import type { JobHelpers, Task } from 'graphile-worker'
import type { StandardJSONSchemaV1, StandardSchemaV1, StandardTypedV1 } from '@standard-schema/spec'
import { isRun, type RunHelpers } from './run.ts'
import { NonRetryableError } from './runs/permanent.ts'
import { asMetadata, type TaskMetadata } from './taskMetadata.ts'

/**
 * A schema of a payload by any library that follows Standard JSON Schema (https://standardschema.dev/json-schema): Zod from
 * 4.2, ArkType from 2.1.28, Valibot by `toStandardJsonSchema()`.
 */
export type PayloadSchema<Input = unknown, Output = Input> = StandardTypedV1<Input, Output>

/** What a task is: what its metadata says, the schema of its payload, and what it does. */
export interface TaskDefinition<Schema extends PayloadSchema> extends Omit<TaskMetadata, 'payloadSchema'> {
  /** The database checks payloads by it, forms are made from it, and `run` gets what it makes of a payload. */
  readonly payload: Schema
  /** Does one attempt; what it returns is the run's result. */
  readonly run: (payload: StandardTypedV1.InferOutput<Schema>, helpers: RunHelpers) => unknown
}

/** The same with a payload of a type that nothing checks but the JSON Schema, where there is one. */
export interface PlainTaskDefinition<Payload> extends TaskMetadata {
  readonly payload?: never
  readonly run: (payload: Payload, helpers: RunHelpers) => unknown
}

/** A task that says what it is: the default export of a file in `tasks/`, or one of the `tasks` of a worker. */
export interface DefinedTask<Payload = unknown> extends Task {
  readonly metadata: TaskMetadata
  /** Only a type: the payload that schedules give. */
  readonly '~payload'?: Payload
}

/**
 * Defines a task whose payload has a type: `export default defineTask({ payload: z.object({ … }), run(payload) { … } })`.
 * A payload that no longer fits when it runs fails its run for good. Throws where the schema cannot be written as JSON
 * Schema (draft 2020-12).
 */
export function defineTask<Schema extends PayloadSchema>(
  definition: TaskDefinition<Schema>,
): DefinedTask<StandardTypedV1.InferInput<Schema>>
export function defineTask<Payload = unknown>(definition: PlainTaskDefinition<Payload>): DefinedTask<Payload>
export function defineTask({
  payload: schema,
  run,
  ...metadata
}: TaskDefinition<PayloadSchema> | PlainTaskDefinition<unknown>): DefinedTask {
  const payloadSchema = schema && jsonSchemaOf(schema)
  const task = async (payload: unknown, helpers: JobHelpers): Promise<unknown> => {
    if (!isRun(helpers))
      throw new NonRetryableError(
        `This job of ${helpers.job.task_identifier} belongs to no run, for which its task is defined. Give it a schedule, or serve both by a task of Graphile Worker that asks isRun(helpers).`,
      )
    const given = withoutTicket(payload)
    return run(schema ? await readPayload(schema, given) : given, helpers)
  }
  // What it returns is the run's result, though Graphile Worker's type knows none.
  return Object.assign(task as Task, { metadata: payloadSchema ? { ...metadata, payloadSchema } : metadata })
}

/** What a task says of itself by defineTask(). */
export function metadataOf(task: unknown): TaskMetadata | undefined {
  if (typeof task !== 'function' || !('metadata' in task)) return undefined
  return asMetadata(task.metadata)
}

function jsonSchemaOf(schema: PayloadSchema): Readonly<Record<string, unknown>> {
  const standard = schema['~standard']
  if (!('jsonSchema' in standard))
    throw new Error(
      `The payload's schema (${standard.vendor}) does not tell its JSON Schema, by which the database checks payloads. Use a library that does: Zod from 4.2, ArkType from 2.1.28, or Valibot with toStandardJsonSchema() of @valibot/to-json-schema.`,
    )
  const { jsonSchema } = standard as StandardJSONSchemaV1.Props
  // Of what schedules give, not of what the schema makes of it.
  return jsonSchema.input({ target: 'draft-2020-12' })
}

/** What the schedule gives: the job's payload also says which run it is of. */
function withoutTicket(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null) return payload
  const { _run: _ticket, ...given } = payload as { readonly _run?: unknown }
  return given
}

async function readPayload(schema: PayloadSchema, payload: unknown): Promise<unknown> {
  const standard = schema['~standard']
  if (!('validate' in standard)) return payload
  const result = await (standard as StandardSchemaV1.Props).validate(payload)
  if (!result.issues) return result.value
  const wrong = result.issues.slice(0, 5).map(({ message, path = [] }) => `${pointerTo(path)}: ${message}`)
  throw new NonRetryableError(`The payload does not fit the task. ${wrong.join('; ')}`)
}

/** A JSON Pointer, as the database says where something is in a payload. */
function pointerTo(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  if (path.length === 0) return 'The payload'
  return path
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
