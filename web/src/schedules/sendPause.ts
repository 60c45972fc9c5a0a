import type { Client } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { ownVersions } from '../undo/ownVersions.ts'
import { nothing, type Sent } from '../undo/sent.ts'
import { pauseMutation, resumeMutation } from './scheduleMutations.ts'

/** Why a schedule is paused, before it is resumed. */
const formerPauseQuery = graphql(`
  query FormerPause($scheduleId: BigInt!) {
    schedules(first: 1, filter: { rowId: { equalTo: $scheduleId } }) {
      nodes {
        rowId
        pauseReason
      }
    }
  }
`)

interface PausedSchedule {
  scheduleId: string
  scheduleName: string
}

const fresh = { requestPolicy: 'network-only' } as const

async function setPaused(
  client: Client,
  schedule: PausedSchedule,
  reason: string | null,
  expected: string | null,
) {
  const { scheduleId, scheduleName } = schedule
  const { data, error } = await client
    .mutation(pauseMutation, { schedule: scheduleName, reason, expected })
    .toPromise()
  ownVersions.setSchedule(scheduleId, data?.pause?.result?.updatedAt)
  return { error, takeBack: nothing }
}

async function setActive(
  client: Client,
  schedule: PausedSchedule,
  catchUp: boolean,
  expected: string | null,
) {
  const { scheduleId, scheduleName } = schedule
  const { data, error } = await client
    .mutation(resumeMutation, { schedule: scheduleName, catchUp, expected })
    .toPromise()
  ownVersions.setSchedule(scheduleId, data?.resume?.result?.updatedAt)
  return { error, takeBack: nothing }
}

/** Pauses a schedule; to take it back is as if there had been no pause: what fell into it is caught up. */
export async function sendPause(
  client: Client,
  schedule: PausedSchedule,
  reason: string | null,
): Promise<Sent> {
  const { error } = await setPaused(client, schedule, reason, null)
  return {
    error,
    takeBack: () => setActive(client, schedule, true, ownVersions.schedule(schedule.scheduleId)),
  }
}

/** Resumes a schedule; to take it back is to pause it again, for the same reason. */
export async function sendResume(client: Client, schedule: PausedSchedule, catchUp: boolean): Promise<Sent> {
  const { scheduleId } = schedule
  const former = await client.query(formerPauseQuery, { scheduleId }, fresh).toPromise()
  if (former.error !== undefined) return { error: former.error, takeBack: nothing }
  const reason = former.data?.schedules?.nodes[0]?.pauseReason ?? null
  const { error } = await setActive(client, schedule, catchUp, null)
  return { error, takeBack: () => setPaused(client, schedule, reason, ownVersions.schedule(scheduleId)) }
}
