import type { Client } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import type { MovePlan } from '../drag/useMovePlan.ts'
import { ownVersions } from '../../undo/ownVersions.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { nothing, type Sent } from '../../undo/sent.ts'

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
  mutation SplitSchedule(
    $schedule: String!
    $occurrence: Datetime!
    $to: Datetime!
    $expected: Datetime
    $keepRule: Boolean!
  ) {
    splitSchedule(
      input: {
        schedule: $schedule
        occurrence: $occurrence
        movedTo: $to
        expectedUpdatedAt: $expected
        keepRule: $keepRule
      }
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

interface Split extends Sent {
  /** The schedule that has what follows; null where there is none. */
  splitId: string | null
}

const asked = (item: CalendarItem, to: number, plan: MovePlan) => ({
  schedule: item.scheduleName,
  occurrence: item.nominal ?? new Date(item.startsAt).toISOString(),
  to: new Date(to).toISOString(),
  expected: plan.updatedAt,
})

/** Ends a schedule before an occurrence, and continues it in one of its own, by the rule moved or by the same one. */
async function split(
  client: Client,
  item: CalendarItem,
  to: number,
  plan: MovePlan,
  keepRule: boolean,
): Promise<Split> {
  const id = item.scheduleId
  const { data, error } = await client
    .mutation(splitMutation, { ...asked(item, to, plan), keepRule })
    .toPromise()
  const made = data?.splitSchedule?.result
  if (error !== undefined || !made) return { error, takeBack: nothing, splitId: null }
  const splitId = made.rowId
  // The database changes both in one statement.
  ownVersions.setSchedule(id, made.updatedAt)
  ownVersions.setSchedule(splitId, made.updatedAt)
  return {
    splitId,
    takeBack: async () => {
      const variables = {
        id,
        splitId,
        endsAt: plan.endsAt,
        expected: ownVersions.schedule(id) ?? made.updatedAt,
        splitExpected: ownVersions.schedule(splitId) ?? made.updatedAt,
      }
      const undone = await client.mutation(undoSplitMutation, variables).toPromise()
      ownVersions.setSchedule(id, undone.data?.undoSplit?.result?.updatedAt)
      return { error: undone.error, takeBack: nothing }
    },
  }
}

/** Continues an occurrence and all that follow in a schedule of their own with the same rule, and moves the first alone. */
export const splitFollowing = (
  client: Client,
  item: CalendarItem,
  to: number,
  plan: MovePlan,
): Promise<Split> => split(client, item, to, plan, true)

/** Moves an occurrence and all that follow: by the rule, or, where others come before it, by a schedule of their own. */
export async function moveFollowing(
  client: Client,
  item: CalendarItem,
  to: number,
  plan: MovePlan,
): Promise<Sent> {
  if (plan.earlier > 0) return split(client, item, to, plan, false)
  const id = item.scheduleId
  const { data, error } = await client.mutation(seriesMutation, asked(item, to, plan)).toPromise()
  if (error !== undefined) return { error, takeBack: nothing }
  ownVersions.setSchedule(id, data?.moveSeries?.result?.updatedAt)
  return {
    takeBack: async () => {
      const variables = { id, changes: plan.previous, expected: ownVersions.schedule(id) }
      const undone = await client.mutation(undoSeriesMutation, variables).toPromise()
      ownVersions.setSchedule(id, undone.data?.updateSchedule?.result?.updatedAt)
      return { error: undone.error, takeBack: nothing }
    },
  }
}
