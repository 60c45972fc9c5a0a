import type { Client, CombinedError } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import type { MovePlan } from '../drag/useMovePlan.ts'
import { ownVersions } from '../../undo/ownVersions.ts'
import type { CalendarItem } from '../items/calendarItem.ts'

const seriesMutation = graphql(`
  mutation MoveSeries($schedule: String!, $occurrence: Datetime!, $to: Datetime!, $expected: Datetime) {
    moveSeries(
      input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to, expectedUpdatedAt: $expected }
    ) {
      result {
        rowId
        cronExpression
        startsAt
        endsAt
        runAt
        nextRunAt
        updatedAt
      }
    }
  }
`)

const undoSeriesMutation = graphql(`
  mutation UndoSeries($id: BigInt!, $changes: JSON!, $expected: Datetime) {
    updateSchedule(input: { scheduleId: $id, changes: $changes, expectedUpdatedAt: $expected }) {
      result {
        rowId
        cronExpression
        startsAt
        endsAt
        runAt
        nextRunAt
        updatedAt
      }
    }
  }
`)

const splitMutation = graphql(`
  mutation SplitSchedule($schedule: String!, $occurrence: Datetime!, $to: Datetime!, $expected: Datetime) {
    splitSchedule(
      input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to, expectedUpdatedAt: $expected }
    ) {
      result {
        rowId
        name
        updatedAt
      }
    }
  }
`)

const undoSplitMutation = graphql(`
  mutation UndoSplit(
    $id: BigInt!
    $splitId: BigInt!
    $endsAt: Datetime
    $expected: Datetime!
    $splitExpected: Datetime!
  ) {
    undoSplit(
      input: {
        scheduleId: $id
        splitId: $splitId
        endsAt: $endsAt
        expectedUpdatedAt: $expected
        splitUpdatedAt: $splitExpected
      }
    ) {
      result {
        rowId
        endsAt
        nextRunAt
        updatedAt
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
  const asked = {
    schedule: item.scheduleName,
    occurrence: item.nominal ?? new Date(item.startsAt).toISOString(),
    to: new Date(to).toISOString(),
    expected: plan.updatedAt,
  }
  if (plan.earlier === 0) {
    const { data, error } = await client.mutation(seriesMutation, asked).toPromise()
    if (error !== undefined) return { error, undo: null }
    ownVersions.setSchedule(id, data?.moveSeries?.result?.updatedAt)
    return {
      undo: async () => {
        const variables = { id, changes: plan.previous, expected: ownVersions.schedule(id) }
        const undone = await client.mutation(undoSeriesMutation, variables).toPromise()
        ownVersions.setSchedule(id, undone.data?.updateSchedule?.result?.updatedAt)
        return readProblems(undone.error)[0] ?? null
      },
    }
  }
  const { data, error } = await client.mutation(splitMutation, asked).toPromise()
  const made = data?.splitSchedule?.result
  if (error !== undefined || !made) return { error, undo: null }
  const splitId = made.rowId
  // The database changes both in one statement.
  ownVersions.setSchedule(id, made.updatedAt)
  ownVersions.setSchedule(splitId, made.updatedAt)
  return {
    undo: async () => {
      const variables = {
        id,
        splitId,
        endsAt: plan.endsAt,
        expected: ownVersions.schedule(id) ?? made.updatedAt,
        splitExpected: ownVersions.schedule(splitId) ?? made.updatedAt,
      }
      const undone = await client.mutation(undoSplitMutation, variables).toPromise()
      ownVersions.setSchedule(id, undone.data?.undoSplit?.result?.updatedAt)
      return readProblems(undone.error)[0] ?? null
    },
  }
}
