import type { Task } from 'graphile-worker'
import type { DefinedTask } from '../defineTask.ts'

type Tasks = Readonly<Record<string, Task>>

type When =
  | { readonly kind: 'cron'; readonly cron_expression: string }
  | { readonly kind: 'interval'; readonly every: string }
  | { readonly kind: 'once'; readonly run_at: string | Date }
  | { readonly kind: 'manual' }

/** Columns of almanac.schedules; one that is left out has its default. Lengths are as PostgreSQL reads intervals. */
interface Settings {
  readonly name: string
  readonly description?: string
  /** How it begins: disabled, unless it says active. After that its switch is people's. */
  readonly status?: 'active' | 'disabled'
  readonly timezone?: string
  readonly starts_at?: string | Date
  readonly ends_at?: string | Date
  readonly max_runs?: number
  readonly priority?: 0 | 1 | 2
  readonly overlap_policy?: 'skip' | 'queue_one' | 'queue_all' | 'allow' | 'cancel_running'
  readonly max_concurrent?: number
  readonly missed_run_policy?: 'run_latest' | 'run_all' | 'skip'
  readonly late_tolerance?: string
  readonly catchup_window?: string
  readonly catchup_per_minute?: number
  readonly max_attempts?: number
  readonly retry_delay?: string
  readonly retry_backoff?: number
  readonly retry_ceiling?: string
  readonly timeout?: string
  readonly jitter?: string
  readonly calendars?: readonly string[]
  readonly exclusion_policy?: 'skip' | 'move'
  readonly tags?: readonly string[]
  readonly resource_group?: string
  readonly keep_for?: string
  readonly keep_failures_for?: string
  readonly keep_last?: number
}

type PayloadOf<Type> = Type extends DefinedTask<infer Payload> ? Payload : unknown
type Given<Payload> = unknown extends Payload
  ? { readonly payload?: object }
  : Record<never, never> extends Payload
    ? { readonly payload?: Payload }
    : { readonly payload: Payload }
/** What stands next to the payloads is given to each of them. */
type List<Payload> = unknown extends Payload
  ? { readonly payloads: readonly object[] }
  : Partial<Payload> & { readonly payloads: readonly Partial<Payload>[] }

type OfTask<Type extends Tasks> = {
  [Name in keyof Type & string]:
    | ({ readonly target?: 'task'; readonly task_identifier: Name } & Given<PayloadOf<Type[Name]>>)
    | {
        readonly target: 'list'
        readonly task_identifier: Name
        readonly payload: List<PayloadOf<Type[Name]>>
      }
}[keyof Type & string]

type BuiltIn = `almanac:${'email' | 'http' | 'noop' | 'report' | 'sql'}`
interface Steps {
  readonly task_identifier?: 'almanac:tasks'
  readonly payload?: object
}

type Target<Type extends Tasks> =
  | OfTask<Type>
  | {
      readonly target?: 'task' | 'list'
      readonly task_identifier: BuiltIn
      readonly payload?: object
    }
  | (Steps & { readonly target: 'group'; readonly task_group: string })
  | (Steps & { readonly target: 'all' })
  | (Steps & {
      readonly target: 'workflow'
      readonly workflow_name: string
      /** Default: the newest. */
      readonly workflow_version?: number
    })

/** A schedule in code: columns of almanac.schedules, with the payload that its task takes. */
export type ScheduleDefinition<Type extends Tasks = Tasks> = Settings & When & Target<Type>

/** All schedules of one code, as `almanac plan` reads them. */
export interface CodeSchedules {
  /** The name of the code: `app`, unless it says another. What other code defines is left alone. */
  readonly owner?: string
  /** Numbers with dots, or a time: of two, the newer one stays. Default: when the file was changed. */
  readonly version?: string
  readonly schedules: readonly object[]
}

/**
 * Defines the schedules of an application, as the default export of schedules.ts: `defineSchedules({ send_invoice }, [{
 * name: 'invoices', kind: 'cron', cron_expression: '0 2 * * *', task_identifier: 'send_invoice', payload: { … } }])`.
 * The tasks, by their identifiers, are there for the types of their payloads.
 */
export function defineSchedules<const Type extends Tasks>(
  tasks: Type,
  schedules: readonly ScheduleDefinition<NoInfer<Type>>[],
  { owner, version }: Omit<CodeSchedules, 'schedules'> = {},
): CodeSchedules {
  for (const schedule of schedules as readonly { name?: unknown; task_identifier?: unknown }[]) {
    const task = schedule.task_identifier
    if (typeof task === 'string' && !task.startsWith('almanac:') && !Object.hasOwn(tasks, task))
      throw new Error(
        `The schedule ${JSON.stringify(schedule.name)} names the task ${JSON.stringify(task)}, which is not among those given to defineSchedules(): ${Object.keys(tasks).join(', ') || 'none'}.`,
      )
  }
  return { ...(owner !== undefined && { owner }), ...(version !== undefined && { version }), schedules }
}
