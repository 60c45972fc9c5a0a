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

export const undoMutation = graphql(`
  mutation UndoOverride(
    $schedule: String!
    $occurrence: Datetime!
    $madeAt: Datetime
    $action: OverrideAction
    $to: Datetime
  ) {
    undoOverride(
      input: { schedule: $schedule, occurrence: $occurrence, madeAt: $madeAt, action: $action, movedTo: $to }
    ) {
      result {
        action
        createdAt
      }
    }
  }
`)
