import { graphql } from '../graphql/graphql.ts'

/** Runs a schedule once, now; without a payload, with its own. */
export const triggerNow = graphql(`
  mutation TriggerNow($schedule: String!, $payload: JSON) {
    triggerNow(input: { schedule: $schedule, payload: $payload }) {
      result {
        rowId
        status
      }
    }
  }
`)

/** Pauses a schedule; `expected` is when it was last changed, as far as the page knows. */
export const pauseMutation = graphql(`
  mutation Pause($schedule: String!, $reason: String, $expected: Datetime) {
    pause(input: { schedule: $schedule, reason: $reason, expectedUpdatedAt: $expected }) {
      result {
        rowId
        status
        pauseReason
        nextRunAt
        updatedAt
      }
    }
  }
`)

/** Ends the pause of a schedule, with or without what would have run in it. */
export const resumeMutation = graphql(`
  mutation Resume($schedule: String!, $catchUp: Boolean!, $expected: Datetime) {
    resume(input: { schedule: $schedule, catchUp: $catchUp, expectedUpdatedAt: $expected }) {
      result {
        rowId
        status
        pauseReason
        nextRunAt
        updatedAt
      }
    }
  }
`)
