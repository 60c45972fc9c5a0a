import { useQuery } from 'urql'
import { readProblems } from '../../graphql/error.ts'
import { graphql, type Json } from '../../graphql/graphql.ts'
import {
  readChangePreview,
  readOverrides,
  type ChangePreview,
  type KeptOverrides,
} from '../../schedules/form/changePreview.ts'
import { ruleInWords, ruleText, type Rule } from '../../schedules/rule.ts'
import { IntervalFragment } from '../../time/interval.ts'
import type { CalendarItem } from '../items/calendarItem.ts'

interface RuleTexts {
  words: string
  text: string | null
}

/** How an occurrence and all that follow are moved. */
export interface MovePlan extends KeptOverrides {
  /** For update_schedule; null where no rule says it, and note says why. */
  changes: Readonly<Record<string, Json>> | null
  note: string | null
  /** No rule says it, but a schedule of their own may begin with it: others come before it, which keep theirs. */
  canSplit: boolean
  /** Upcoming occurrences before it: if there are any, the schedule is split. */
  earlier: number
  before: RuleTexts
  after: RuleTexts
  /** What takes it back: the values of the same columns now, and where the schedule ends. */
  previous: Readonly<Record<string, Json>>
  endsAt: string | null
  /** As of when this is; null where it is not known. */
  updatedAt: string | null
  /** Null while it is on its way. */
  preview: ChangePreview | null
}

const planQuery = graphql(
  `
    query MovePlan($schedule: String!, $scheduleId: BigInt!, $occurrence: Datetime!, $to: Datetime!) {
      ruleForMove(schedule: $schedule, occurrence: $occurrence, movedTo: $to) {
        changes
        earlier
        note
      }
      schedules(first: 1, filter: { rowId: { equalTo: $scheduleId } }) {
        nodes {
          rowId
          kind
          cronExpression
          every {
            ...Interval
          }
          runAt
          startsAt
          endsAt
          timezone
          updatedAt
        }
      }
      overridesForMove(schedule: $schedule, occurrence: $occurrence, movedTo: $to) {
        scheduledFor
        action
        wasMovedTo
        newScheduledFor
      }
    }
  `,
  [IntervalFragment],
)

const previewQuery = graphql(`
  query PreviewMove($schedule: String!, $changes: JSON!, $from: Datetime!) {
    previewChange(schedule: $schedule, changes: $changes, rangeStart: $from, maxCount: 1) {
      change
      wasDueAt
      dueAt
      count
    }
  }
`)

function isChanges(value: Json | null | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : null)

/** A rule after such a change. */
function ruleAfter(rule: Rule, changes: Readonly<Record<string, Json>> | null): Rule {
  if (changes === null) return rule
  return {
    ...rule,
    cronExpression: textOf(changes['cron_expression']) ?? rule.cronExpression ?? null,
    runAt: textOf(changes['run_at']) ?? rule.runAt ?? null,
  }
}

const texts = (rule: Rule): RuleTexts => ({ words: ruleInWords(rule), text: ruleText(rule) })

/** What the database says of moving an occurrence and all that follow; null while it is on its way, or where it refuses. */
export function useMovePlan(item: CalendarItem, to: number): MovePlan | null {
  const schedule = item.scheduleName
  const occurrence = item.nominal ?? new Date(item.startsAt).toISOString()
  const [{ data, error }] = useQuery({
    query: planQuery,
    variables: { schedule, scheduleId: item.scheduleId, occurrence, to: new Date(to).toISOString() },
    requestPolicy: 'network-only',
  })
  const answer = data?.ruleForMove
  const changes = isChanges(answer?.changes) ? answer.changes : null
  const earlier = Number(answer?.earlier ?? 0)
  const from = earlier === 0 ? new Date(0).toISOString() : new Date(Math.min(item.startsAt, to)).toISOString()
  const [{ data: previewed }] = useQuery({
    query: previewQuery,
    variables: { schedule, changes, from },
    pause: changes === null,
    requestPolicy: 'network-only',
  })
  const rule = data?.schedules?.nodes[0]
  const [problem] = readProblems(error)
  if (problem !== undefined)
    return {
      changes: null,
      note:
        problem.code === 'network'
          ? `Without a connection the new rule cannot be worked out. ${problem.message}`
          : problem.message,
      ...nothing,
    }
  if (answer === null || answer === undefined || rule === undefined) return null
  return {
    changes,
    note:
      changes === null && earlier === 0
        ? `${answer.note ?? ''} To change all of them, edit the rule.`
        : answer.note,
    canSplit: changes === null && earlier > 0,
    earlier,
    before: texts(rule),
    after: texts(ruleAfter(rule, changes)),
    previous: Object.fromEntries(
      Object.keys(changes ?? {}).map((column) => [
        column,
        column === 'cron_expression'
          ? (rule.cronExpression ?? null)
          : column === 'run_at'
            ? (rule.runAt ?? null)
            : (rule.startsAt ?? null),
      ]),
    ),
    endsAt: rule.endsAt,
    updatedAt: rule.updatedAt,
    ...readOverrides(data?.overridesForMove ?? []),
    preview: previewed?.previewChange ? readChangePreview(previewed.previewChange) : null,
  }
}

const nothing = {
  canSplit: false,
  earlier: 0,
  before: { words: '', text: null },
  after: { words: '', text: null },
  previous: {},
  endsAt: null,
  updatedAt: null,
  kept: 0,
  lost: [],
  preview: null,
} as const
