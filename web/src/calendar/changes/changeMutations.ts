import { graphql } from '../../graphql/graphql.ts'

export const skipMutation = graphql(`
  mutation SkipOccurrence($schedule: String!, $occurrence: Datetime!, $reason: String) {
    skipOccurrence(input: { schedule: $schedule, occurrence: $occurrence, reason: $reason }) {
      result {
        action
      }
    }
  }
`)

export const moveMutation = graphql(`
  mutation MoveOccurrence($schedule: String!, $occurrence: Datetime!, $to: Datetime!, $reason: String) {
    moveOccurrence(input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to, reason: $reason }) {
      result {
        action
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

export const pauseMutation = graphql(`
  mutation CalendarPause($schedule: String!, $reason: String) {
    pause(input: { schedule: $schedule, reason: $reason }) {
      result {
        rowId
        status
        pauseReason
      }
    }
  }
`)

export const resumeMutation = graphql(`
  mutation CalendarResume($schedule: String!, $catchUp: Boolean!) {
    resume(input: { schedule: $schedule, catchUp: $catchUp }) {
      result {
        rowId
        status
        pauseReason
      }
    }
  }
`)

export const triggerMutation = graphql(`
  mutation CalendarTrigger($schedule: String!) {
    triggerNow(input: { schedule: $schedule }) {
      result {
        rowId
      }
    }
  }
`)
