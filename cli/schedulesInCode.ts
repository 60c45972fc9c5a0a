import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { findSchedules, readSchedules } from '../worker/code/readSchedules.ts'
import {
  applyPlan,
  inShort,
  planSchedules,
  problemsOf,
  type SchedulePlan,
} from '../worker/code/schedulePlan.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import { printedPlan } from './printedPlan.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usageError.ts'

const ROLE = 'almanac_operator'
/** What `almanac plan --detailed-exitcode` ends with where something would change, as other tools that plan do. */
const WOULD_CHANGE = 2

/** `almanac plan`: shows what applying a file would do. */
export async function plan(
  settings: Settings,
  given: { file: string | undefined; adopt: string | undefined; asJson: boolean; detailed: boolean },
): Promise<void> {
  const planned = await planFile(settings, given)
  process.stdout.write(given.asJson ? `${JSON.stringify(planned, null, 2)}\n` : printedPlan(planned))
  if (problemsOf(planned).length > 0) process.exitCode = 1
  else if (given.detailed && planned.schedules.some(({ action }) => action !== 'unchanged'))
    process.exitCode = WOULD_CHANGE
}

/** `almanac apply`: applies a plan, or plans, asks and applies. */
export async function apply(
  settings: Settings,
  given: {
    file: string | undefined
    planFile: string | undefined
    adopt: string | undefined
    yes: boolean
    allowOlder: boolean
  },
): Promise<void> {
  if (given.planFile !== undefined && (given.file !== undefined || given.adopt !== undefined))
    throw new UsageError('A plan says itself which schedules it applies and adopts. Give it alone.')
  const asks = !given.yes && given.planFile === undefined
  if (asks && !process.stdin.isTTY)
    throw new UsageError(
      'There is no terminal to ask at. Say --yes, or apply a plan: almanac plan --json > plan.json, then almanac apply --plan=plan.json.',
    )
  const planned =
    given.planFile === undefined ? await planFile(settings, given) : await readPlan(given.planFile)
  process.stdout.write(printedPlan(planned))
  if (problemsOf(planned).length > 0) throw new Error('Nothing was applied: some definitions are refused.')
  if (asks && !(await isAgreed())) throw new Error('Nothing was applied.')
  await withQuery(
    await findDatabaseUrl(settings),
    (query) => applyPlan(query, planned, given.allowOlder),
    ROLE,
  )
  process.stdout.write(`Applied: ${inShort(planned.schedules)}.\n`)
}

async function planFile(
  settings: Settings,
  { file, adopt }: { file: string | undefined; adopt: string | undefined },
): Promise<SchedulePlan> {
  const path = file === undefined ? await findSchedules(process.cwd()) : resolve(file)
  const read = await readSchedules(path, settings.schedulesVersion)
  const names = adopt?.split(',').map((name) => name.trim())
  return withQuery(await findDatabaseUrl(settings), (query) => planSchedules(query, read, names), ROLE)
}

async function readPlan(path: string): Promise<SchedulePlan> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`The plan ${path} could not be read.`, { cause })
  })
  let read: unknown
  try {
    read = JSON.parse(content)
  } catch {
    read = null
  }
  const plan = read as Partial<SchedulePlan> | null
  if (
    typeof plan?.owner !== 'string' ||
    typeof plan.version !== 'string' ||
    !Array.isArray(plan.definitions) ||
    !Array.isArray(plan.schedules)
  )
    throw new Error(`${path} is not a plan. Make one: almanac plan --json > ${path}`)
  return plan as SchedulePlan
}

async function isAgreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question('Apply this? Only "yes" does: ')).trim() === 'yes'
  } finally {
    terminal.close()
  }
}
