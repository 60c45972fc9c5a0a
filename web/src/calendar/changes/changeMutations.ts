import { graphql } from '../../graphql/graphql.ts'

export const skipMutation = graphql(`
  mutation SkipOccurrence($schedule: String!, $occurrence: Datetime!, $reason: String) {
    skipOccurrence(input: { schedule: $schedule, occurrence: $occurrence, reason: $reason }) {
      result {
        action
        createdAt
      }
    }
  }
`)

export const moveMutation = graphql(`
  mutation MoveOccurrence($schedule: String!, $occurrence: Datetime!, $to: Datetime!, $reason: String) {
    moveOccurrence(input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to, reason: $reason }) {
      result {
        action
        createdAt
      }
    }
  }
`)

export const restoreMutation = graphql(`
  mutation RestoreOccurrence($schedule: String!, $occurrence: Datetime!) {
    restoreOccurrence(input: { schedule: $schedule, occurrence: $occurrence }) {
      result {
        rowId
        nextRunAt
      }
    }
  }
`)

/** How an occurrence is moved or skipped, before it is changed: what undoing brings back. */
export const formerOverrideQuery = graphql(`
  query FormerOverride($scheduleId: BigInt!, $occurrence: Datetime!) {
    occurrenceOverrides(first: 1, condition: { scheduleId: $scheduleId, scheduledFor: $occurrence }) {
      nodes {
        action
        movedTo
        reason
      }
    }
  }
`)

export const undoMutation = graphql(`
  mutation UndoOverride(
    $schedule: String!
    $occurrence: Datetime!
    $madeAt: Datetime
    $action: OverrideAction
    $to: Datetime
    $reason: String
  ) {
    undoOverride(
      input: {
        schedule: $schedule
        occurrence: $occurrence
        madeAt: $madeAt
        action: $action
        movedTo: $to
        reason: $reason
      }
    ) {
      result {
        action
        createdAt
      }
    }
  }
`)
