import { useState } from 'react'
import { useMutation } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { OccurrenceChange } from './occurrenceOverride.ts'

const skipMutation = graphql(`
  mutation SkipOccurrence($schedule: String!, $occurrence: Datetime!) {
    skipOccurrence(input: { schedule: $schedule, occurrence: $occurrence }) {
      result {
        action
      }
    }
  }
`)

const moveMutation = graphql(`
  mutation MoveOccurrence($schedule: String!, $occurrence: Datetime!, $to: Datetime!) {
    moveOccurrence(input: { schedule: $schedule, occurrence: $occurrence, movedTo: $to }) {
      result {
        action
      }
    }
  }
`)

const restoreMutation = graphql(`
  mutation RestoreOccurrence($schedule: String!, $occurrence: Datetime!) {
    restoreOccurrence(input: { schedule: $schedule, occurrence: $occurrence }) {
      result {
        rowId
        nextRunAt
      }
    }
  }
`)

interface OccurrenceChanger {
  isBusy: boolean
  /** What the last change was refused for. */
  problem: Problem | null
  /** Null once it is done. */
  change: (item: CalendarItem, change: OccurrenceChange) => Promise<Problem | null>
  forget: () => void
}

/** Moves, skips and restores single occurrences. */
export function useOccurrenceChange(): OccurrenceChanger {
  const [skipping, skip] = useMutation(skipMutation)
  const [moving, move] = useMutation(moveMutation)
  const [restoring, restore] = useMutation(restoreMutation)
  const [problem, setProblem] = useState<Problem | null>(null)
  const send = (item: CalendarItem, wanted: OccurrenceChange) => {
    const schedule = item.scheduleName
    const occurrence = item.nominal ?? new Date(item.startsAt).toISOString()
    if (wanted.do === 'skip') return skip({ schedule, occurrence })
    if (wanted.do === 'restore') return restore({ schedule, occurrence })
    return move({ schedule, occurrence, to: new Date(wanted.to).toISOString() })
  }
  return {
    isBusy: skipping.fetching || moving.fetching || restoring.fetching,
    problem,
    change: async (item, wanted) => {
      const { error } = await send(item, wanted)
      const refused = readProblems(error)[0] ?? null
      setProblem(refused)
      return refused
    },
    forget: () => setProblem(null),
  }
}
