import { jsonProblem } from '../payload/jsonProblem.ts'
import type { Json } from '../../graphql/graphql.ts'
import { intervalText, type Interval } from '../../time/interval.ts'
import type { Rule } from '../rule.ts'
import { exactLocalText, withZone } from '../../time/localTime.ts'

/** What the form holds: everything as typed, so that nothing is lost while it is wrong. */
export interface Draft {
  name: string
  description: string
  task: string
  /** task: it runs once; list: once for each element of `payloads` in the payload; group, all, workflow: steps in their order. */
  target: string
  /** The group of tasks, with the target group. */
  taskGroup: string
  /** With the target workflow. */
  workflowName: string
  statement: string
  /** Statements that follow. */
  then: string[]
  payload: string
  kind: Rule['kind']
  cron: string
  every: string
  runAt: string
  timezone: string
  startsAt: string
  endsAt: string
  overlap: string
  missed: string
  maxAttempts: string
  retryDelay: string
  timeout: string
  priority: string
  jitter: string
  calendars: string[]
  exclusionPolicy: string
  tags: string[]
  maxRuns: string
  maxConcurrent: string
  /** Its resource group; empty: that of its task. */
  resourceGroup: string
  retryBackoff: string
  retryCeiling: string
  lateTolerance: string
  catchupWindow: string
  keepFor: string
  keepFailuresFor: string
  keepLast: string
  /** Of a new schedule: whether it is active from the start. */
  isEnabled: boolean
}

/** A JSON object with columns of almanac.schedules. */
export type Definition = Record<string, Json>

/** The task whose payload is a statement, and those that follow it. */
const sqlTask = 'almanac:sql'

/** The task of a group, of all tasks, or of a workflow. */
const stepsTask = 'almanac:tasks'

/** A schedule that nothing has been said about yet. */
export function emptyDraft(timezone: string): Draft {
  return {
    name: '',
    description: '',
    task: sqlTask,
    target: 'task',
    taskGroup: '',
    workflowName: '',
    statement: '',
    then: [],
    payload: '{}',
    kind: 'cron',
    cron: '0 3 * * *',
    every: '15 minutes',
    runAt: '',
    timezone,
    startsAt: '',
    endsAt: '',
    overlap: 'skip',
    missed: 'run_latest',
    maxAttempts: '',
    retryDelay: '',
    timeout: '',
    priority: '1',
    jitter: '',
    calendars: [],
    exclusionPolicy: 'skip',
    tags: [],
    maxRuns: '',
    maxConcurrent: '',
    resourceGroup: '',
    retryBackoff: '',
    retryCeiling: '',
    lateTolerance: '1 minute',
    catchupWindow: '1 hour',
    keepFor: '',
    keepFailuresFor: '',
    keepLast: '',
    isEnabled: true,
  }
}

/** A saved schedule, as far as the form knows it. */
export interface Saved extends Rule {
  readonly name: string
  readonly description: string | null
  readonly taskIdentifier: string
  readonly target: string
  readonly taskGroup: string | null
  readonly workflowName: string | null
  readonly payload: unknown
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly overlapPolicy: string
  readonly missedRunPolicy: string
  readonly maxAttempts: number | null
  readonly retryDelay: Interval | null
  readonly timeout: Interval | null
  readonly priority: number
  readonly jitter: Interval | null
  readonly calendars: readonly (string | null)[]
  readonly exclusionPolicy: string
  readonly tags: readonly (string | null)[]
  readonly maxRuns: number | null
  readonly maxConcurrent: number | null
  readonly resourceGroup: string | null
  readonly retryBackoff: string | null
  readonly retryCeiling: Interval | null
  readonly lateTolerance: Interval
  readonly catchupWindow: Interval
  readonly keepFor: Interval | null
  readonly keepFailuresFor: Interval | null
  readonly keepLast: number | null
}

function statementOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('statement' in payload)) return ''
  return typeof payload.statement === 'string' ? payload.statement : ''
}

function followingOf(payload: unknown): string[] {
  if (typeof payload !== 'object' || payload === null || !('then' in payload)) return []
  return Array.isArray(payload.then) ? payload.then.filter((text) => typeof text === 'string') : []
}

/** The form's view of a saved schedule. */
export function draftOf(saved: Saved): Draft {
  const empty = emptyDraft(saved.timezone)
  const local = (instant: string | null | undefined) =>
    instant ? exactLocalText(instant, saved.timezone) : ''
  return {
    name: saved.name,
    description: saved.description ?? '',
    // What it would be with another target.
    task: saved.taskIdentifier === stepsTask ? 'almanac:noop' : saved.taskIdentifier,
    target: saved.target.toLowerCase(),
    taskGroup: saved.taskGroup ?? '',
    workflowName: saved.workflowName ?? '',
    statement: statementOf(saved.payload),
    then: followingOf(saved.payload),
    payload: JSON.stringify(saved.payload, null, 2),
    kind: saved.kind,
    cron: saved.cronExpression ?? empty.cron,
    every: saved.every ? intervalText(saved.every) : empty.every,
    runAt: local(saved.runAt),
    timezone: saved.timezone,
    startsAt: local(saved.startsAt),
    endsAt: local(saved.endsAt),
    overlap: saved.overlapPolicy.toLowerCase(),
    missed: saved.missedRunPolicy.toLowerCase(),
    maxAttempts: saved.maxAttempts === null ? '' : String(saved.maxAttempts),
    retryDelay: saved.retryDelay ? intervalText(saved.retryDelay) : '',
    timeout: saved.timeout ? intervalText(saved.timeout) : '',
    priority: String(saved.priority),
    jitter: saved.jitter ? intervalText(saved.jitter) : '',
    calendars: saved.calendars.filter((name) => name !== null),
    exclusionPolicy: saved.exclusionPolicy.toLowerCase(),
    tags: saved.tags.filter((tag) => tag !== null),
    maxRuns: saved.maxRuns === null ? '' : String(saved.maxRuns),
    maxConcurrent: saved.maxConcurrent === null ? '' : String(saved.maxConcurrent),
    resourceGroup: saved.resourceGroup ?? '',
    retryBackoff: saved.retryBackoff ?? '',
    retryCeiling: saved.retryCeiling ? intervalText(saved.retryCeiling) : '',
    lateTolerance: intervalText(saved.lateTolerance),
    catchupWindow: intervalText(saved.catchupWindow),
    keepFor: saved.keepFor ? intervalText(saved.keepFor) : '',
    keepFailuresFor: saved.keepFailuresFor ? intervalText(saved.keepFailuresFor) : '',
    keepLast: saved.keepLast === null ? '' : String(saved.keepLast),
    isEnabled: true,
  }
}

/** A payload that is not JSON: the one thing that cannot be sent to the database to judge. */
export class PayloadError extends Error {}

/** Whether the payload is typed as a statement. */
export function isStatement({ task, target }: Pick<Draft, 'task' | 'target'>): boolean {
  return task === sqlTask && target === 'task'
}

/** Whether it runs steps in their order, in one run. */
export function hasSteps({ target }: Pick<Draft, 'target'>): boolean {
  return target === 'group' || target === 'all' || target === 'workflow'
}

function payloadOf(draft: Draft): Json {
  if (isStatement(draft))
    return { statement: draft.statement, ...(draft.then.length > 0 && { then: draft.then }) }
  try {
    return JSON.parse(draft.payload.trim() === '' ? '{}' : draft.payload) as Json
  } catch (error) {
    throw new PayloadError(jsonProblem(error, draft.payload), { cause: error })
  }
}

/** The payload as JSON, as far as it is any. */
export function payloadTextOf(draft: Draft): string {
  return isStatement(draft) ? JSON.stringify(payloadOf(draft)) : draft.payload
}

/** What no one has written: the statement of a task that it is no longer for, while that is empty. */
function withoutStatement(payload: Json): Json {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  return Object.fromEntries(
    Object.entries(payload).filter(([key, value]) => key !== 'statement' || value !== ''),
  )
}

/** The payload as text once the schedule has another target: its own becomes the first element of a list, and back. */
export function payloadForTarget(draft: Draft, target: string): string {
  let payload: Json
  try {
    payload = payloadOf(draft)
  } catch {
    return draft.payload
  }
  if (target === 'list') return JSON.stringify({ payloads: [payload] }, null, 2)
  const { payloads, ...common } = (payload ?? {}) as { payloads?: readonly Json[] }
  const first = Array.isArray(payloads) ? (payloads[0] as Json | undefined) : undefined
  const single = Array.isArray(payloads) ? { ...common, ...(typeof first === 'object' && first) } : payload
  return JSON.stringify(hasSteps({ target }) ? withoutStatement(single) : single, null, 2)
}

const orNull = (text: string) => (text.trim() === '' ? null : text.trim())

/** The draft as columns and values, complete: what does not go with its kind is null. */
export function definitionOf(draft: Draft): Definition {
  return {
    // As the database has it: a letter and its accent are one character.
    name: draft.name.trim().normalize('NFC'),
    description: orNull(draft.description),
    task_identifier: hasSteps(draft) ? stepsTask : draft.task,
    target: draft.target,
    task_group: draft.target === 'group' ? orNull(draft.taskGroup) : null,
    workflow_name: draft.target === 'workflow' ? orNull(draft.workflowName) : null,
    payload: payloadOf(draft),
    kind: draft.kind,
    cron_expression: draft.kind === 'cron' ? draft.cron.trim() : null,
    every: draft.kind === 'interval' ? orNull(draft.every) : null,
    run_at: draft.kind === 'once' ? withZone(draft.runAt, draft.timezone) : null,
    timezone: draft.timezone,
    starts_at: withZone(draft.startsAt, draft.timezone),
    ends_at: withZone(draft.endsAt, draft.timezone),
    overlap_policy: draft.overlap,
    missed_run_policy: draft.missed,
    max_attempts: orNull(draft.maxAttempts),
    retry_delay: orNull(draft.retryDelay),
    timeout: orNull(draft.timeout),
    priority: orNull(draft.priority),
    jitter: orNull(draft.jitter),
    calendars: draft.calendars,
    exclusion_policy: draft.exclusionPolicy,
    tags: draft.tags.map((tag) => tag.normalize('NFC')),
    max_runs: orNull(draft.maxRuns),
    max_concurrent: orNull(draft.maxConcurrent),
    resource_group: orNull(draft.resourceGroup),
    retry_backoff: orNull(draft.retryBackoff),
    retry_ceiling: orNull(draft.retryCeiling),
    late_tolerance: orNull(draft.lateTolerance),
    catchup_window: orNull(draft.catchupWindow),
    keep_for: orNull(draft.keepFor),
    keep_failures_for: orNull(draft.keepFailuresFor),
    keep_last: orNull(draft.keepLast),
    ...(!draft.isEnabled && { status: 'disabled' }),
  }
}

/** Only what differs, for an update. */
export function changesOf(draft: Draft, before: Draft): Definition {
  const old = definitionOf(before)
  return Object.fromEntries(
    Object.entries(definitionOf(draft)).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key]),
    ),
  )
}

const ruleColumns = [
  'kind',
  'cron_expression',
  'every',
  'run_at',
  'timezone',
  'starts_at',
  'ends_at',
  'calendars',
  'exclusion_policy',
  'jitter',
  'max_runs',
]

/** Only what decides the times, so that a preview does not wait for the rest to be right. */
export function ruleDefinition(draft: Draft): Definition {
  const { statement: _statement, ...rest } = draft
  const definition = definitionOf({ ...rest, statement: '', payload: '{}' })
  return Object.fromEntries(Object.entries(definition).filter(([key]) => ruleColumns.includes(key)))
}
