import type { Client, CombinedError } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import type { MovePlan } from '../drag/useMovePlan.ts'
import type { CalendarItem } from '../items/calendarItem.ts'

const updateMutation = graphql(`
  mutation MoveFollowing($id: BigInt!, $changes: JSON!) {
    updateSchedule(input: { scheduleId: $id, changes: $changes }) {
      result {
        rowId
        cronExpression
        startsAt
        endsAt
        runAt
        nextRunAt
      }
    }
  }
`)

const splitMutation = graphql(`
  mutation SplitSchedule($schedule: String!, $occurrence: Datetime!, $to: Datetime!) {
    splitSchedule(input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to }) {
      result {
        rowId
        name
      }
    }
  }
`)

const dropMutation = graphql(`
  mutation DropSplit($name: String!) {
    unschedule(input: { schedule: $name }) {
      result {
        rowId
        deletedAt
      }
    }
  }
`)

interface MovedFollowing {
  error?: CombinedError | undefined
  /** Null where nothing was done. */
  undo: (() => Promise<Problem | null>) | null
}

/** Moves an occurrence and all that follow: by the rule, or, where others come before it, by a schedule of their own. */
export async function moveFollowing(
  client: Client,
  item: CalendarItem,
  to: number,
  plan: MovePlan,
): Promise<MovedFollowing> {
  const id = item.scheduleId
  const update = async (changes: MovePlan['previous']) =>
    readProblems((await client.mutation(updateMutation, { id, changes }).toPromise()).error)[0] ?? null
  if (plan.earlier === 0) {
    const { error } = await client.mutation(updateMutation, { id, changes: plan.changes }).toPromise()
    return { error, undo: error === undefined ? () => update(plan.previous) : null }
  }
  const { data, error } = await client
    .mutation(splitMutation, {
      schedule: item.scheduleName,
      occurrence: item.nominal ?? new Date(item.startsAt).toISOString(),
      to: new Date(to).toISOString(),
    })
    .toPromise()
  const name = data?.splitSchedule?.result?.name
  if (error !== undefined || name === undefined) return { error, undo: null }
  return {
    undo: async () => {
      const { error: kept } = await client.mutation(dropMutation, { name }).toPromise()
      return readProblems(kept)[0] ?? (await update({ ends_at: plan.endsAt }))
    },
  }
}
