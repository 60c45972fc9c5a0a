import type { Query } from '../../process/query.ts'
import { entryName, type SchedulesFile } from './readSchedules.ts'

/** What applying would do with one schedule. */
export interface PlannedSchedule {
  readonly name: string | null
  readonly action: 'created' | 'restored' | 'adopted' | 'changed' | 'unchanged' | 'archived' | 'refused'
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[]
  /** Occurrences of the next 30 days; null: not counted. */
  readonly added: number | null
  readonly removed: number | null
  readonly moved: number | null
  /** The first ten of them. */
  readonly occurrences: readonly {
    readonly change: 'added' | 'removed' | 'moved'
    readonly was_due_at: string | null
    readonly due_at: string | null
  }[]
  readonly warnings: readonly string[]
  readonly refusals: readonly {
    readonly code: string
    readonly field: string | null
    readonly message: string
    readonly hint: string | null
  }[]
}

/** What applying a file would do, as `almanac plan --json` prints it, with all that applying it takes. */
export interface SchedulePlan extends SchedulesFile {
  readonly adopt: readonly string[]
  /** What the plan depends on; null: there is nothing that could change. */
  readonly hash: string | null
  readonly schedules: readonly PlannedSchedule[]
}

type Row = PlannedSchedule & { readonly hash: string }

/** Asks the database what applying these schedules would do. */
export async function planSchedules(
  query: Query,
  file: SchedulesFile,
  adopt: readonly string[] = [],
): Promise<SchedulePlan> {
  const rows = await query<Row>(
    `select name, action, changes, added::float8, removed::float8, moved::float8, occurrences, warnings, refusals, hash
     from almanac.plan_schedules($1, $2, $3)`,
    [file.owner, JSON.stringify(file.definitions), adopt],
  )
  const schedules = rows.map(({ hash: _hash, ...schedule }) => schedule)
  return { ...file, adopt, hash: rows[0]?.hash ?? null, schedules }
}

/** Applies what was planned, and nothing else. */
export async function applyPlan(
  query: Query,
  { owner, definitions, version, hash, adopt }: SchedulePlan,
  allowOlder = false,
): Promise<void> {
  await query('select from almanac.apply_schedules($1, $2, $3, $4, $5, $6)', [
    owner,
    JSON.stringify(definitions),
    version,
    hash,
    adopt,
    allowOlder,
  ])
}

/** What is wrong, each with its place: `schedules.yaml, entry 2 ("nightly"), field cron_expression: …` */
export function problemsOf({ file, definitions, schedules }: SchedulePlan): string[] {
  return schedules.flatMap(({ name, refusals }, index) =>
    refusals.map(({ field, message, hint }) => {
      // Those that the code no longer has come after its entries.
      const place =
        index < definitions.length ? `${file}, ${entryName(index, definitions[index])}` : `Schedule ${name}`
      return `${place}${field === null ? '' : `, field ${field}`}: ${message}${hint === null ? '' : ` ${hint}`}`
    }),
  )
}

/** How many schedules have each outcome: `1 created, 2 changed`. */
export function inShort(schedules: readonly PlannedSchedule[]): string {
  const counts = new Map<string, number>()
  for (const { action } of schedules) counts.set(action, (counts.get(action) ?? 0) + 1)
  return [...counts].map(([action, count]) => `${count} ${action}`).join(', ') || 'no schedules'
}
