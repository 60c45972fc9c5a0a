import { readFile } from 'node:fs/promises'
import {
  parseCrontab,
  type CronMatcher,
  type ParsedCronItem,
  type WorkerPluginContext,
} from 'graphile-worker'
import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'

/** An item of the crontab that Graphile Worker fires, as the database is told of it; its payload stays here. */
export interface CrontabItem {
  readonly identifier: string
  readonly task: string
  /** The rule as it was written; what it matches where only that is known; null: a function decides. */
  readonly rule: string | null
  /** The same rule for Almanac to read, whose dialect tells a star in a list of days from all days. */
  readonly cron: string | null
  readonly queue: string | null
  readonly max_attempts: number | null
  readonly priority: number | null
  readonly job_key: string | null
  readonly backfill_ms: number
}

interface GivenCrontab {
  readonly parsedCronItems?: readonly ParsedCronItem[]
  readonly crontab?: string
}

/**
 * The crontab of a Graphile Worker set-up, read as it reads it: given as items or as text, else from its file. Items that
 * are passed to run() besides its options are not known.
 */
export async function readCrontab(ctx: WorkerPluginContext, log: Log): Promise<readonly CrontabItem[]> {
  // The options of run(), which are not of the type that plugins are given; none from the command line.
  const given = Reflect.get(ctx, '_rawOptions') as GivenCrontab | undefined
  if (given?.parsedCronItems) return given.parsedCronItems.map((item) => crontabItem(item, null))
  try {
    return crontabItems(given?.crontab ?? (await readFile(ctx.resolvedPreset.worker.crontabFile, 'utf8')))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      log('warning', `The crontab cannot be shown: ${describeError(error)}`)
    return []
  }
}

/** The items of a crontab's text. */
export function crontabItems(crontab: string): CrontabItem[] {
  return crontab
    .split(/\r?\n/)
    .flatMap((line) => parseCrontab(line).map((item) => crontabItem(item, ruleOf(line))))
}

function ruleOf(line: string): string {
  return line.trim().split(/\s+/, 5).join(' ')
}

function crontabItem({ identifier, task, options, match }: ParsedCronItem, rule: string | null): CrontabItem {
  const cron = cronOf(match)
  return {
    identifier,
    task,
    rule: rule ?? cron,
    cron,
    queue: options.queueName ?? null,
    max_attempts: options.maxAttempts ?? null,
    priority: options.priority ?? null,
    job_key: options.jobKey ?? null,
    backfill_ms: options.backfillPeriod,
  }
}

const FIELDS = [
  { name: 'minutes', first: 0, last: 59, steps: true },
  { name: 'hours', first: 0, last: 23, steps: true },
  // A star means "whichever of the two days matches" to Almanac and to cron, and only a bare one does to Graphile Worker.
  { name: 'dates', first: 1, last: 31, steps: false },
  { name: 'months', first: 1, last: 12, steps: true },
  { name: 'dows', first: 0, last: 6, steps: false },
] as const

/** Graphile Worker leaves what it has read of a rule with its matcher; a host's own function has nothing of the kind. */
function cronOf(match: CronMatcher): string | null {
  const read: unknown = Reflect.get(match, 'parsedCronMatch')
  if (typeof read !== 'object' || read === null) return null
  const fields = FIELDS.map(({ name, ...field }) => fieldOf(Reflect.get(read, name), field))
  return fields.includes(null) ? null : fields.join(' ')
}

function fieldOf(
  values: unknown,
  { first, last, steps }: { first: number; last: number; steps: boolean },
): string | null {
  if (!isNumbers(values)) return null
  const [least = first, second = least] = values
  const step = Math.max(1, second - least)
  const is = (...others: number[]) => others.join() === values.join()
  const counted = (from: number, to: number, by: number) =>
    Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, n) => from + n * by)
  if (is(...counted(first, last, 1))) return '*'
  if (steps && values.length > 2 && is(...counted(first, last, step))) return `*/${step}`
  const most = values.at(-1) ?? last
  return values.length > 2 && is(...counted(least, most, 1)) ? `${least}-${most}` : values.join()
}

function isNumbers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.length > 0 && values.every((value) => Number.isInteger(value))
}

/** Tells the database of the crontab, once for each number that the worker has. */
export function createCrontabReport({
  query,
  items,
  log,
}: {
  query: Query
  /** Null: no crontab is fired here. */
  items: readonly CrontabItem[] | null
  log: Log
}): { beat(workerId: string): Promise<void> } {
  let told: string | null = null
  return {
    async beat(workerId) {
      if (items === null || told === workerId) return
      told = workerId
      try {
        await query('select almanac_private.report_crontab($1, $2)', [workerId, JSON.stringify(items)])
      } catch (error) {
        told = null
        log('warning', `The crontab could not be told, and is not shown: ${describeError(error)}`)
      }
    },
  }
}
