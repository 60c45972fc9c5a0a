import type { Instant } from '../time/instant.ts'

/** What the database says of its engine. */
export interface EngineState {
  /** No one has made a schedule yet: nothing waits for a worker. */
  readonly isUnused: boolean
  readonly copiedFrom: string | null
  readonly workerRuns: boolean | null
  readonly overdueCount: number | null
  readonly overdueSince: string | null
  readonly overdueScheduleId: string | null
  readonly overdueScheduleName: string | null
  readonly aheadCount: number | null
  readonly aheadUntil: string | null
  readonly stoppedAt: string | null
  readonly stoppedBy: string | null
  readonly stopReason: string | null
  /** A role whose schedules are put off because it has met a limit of what they may fire. */
  /** In words: the role or the user. */
  readonly limitedWho: string | null
  readonly limitName: string | null
  readonly limitMost: string | null
  readonly limitedCount: string | null
  readonly limitedUntil: string | null
  /** Schedules that are due and that firing has to leave for later: most of them, for one reason. */
  readonly heldUpCount: string | null
  readonly heldUpName: string | null
  readonly heldUpSince: string | null
  readonly heldUpBecause: string | null
  readonly heldUpRemedy: string | null
}

/** Something that keeps all schedules, or many, from running as they should. */
export interface EngineNote {
  readonly key: 'copy' | 'worker' | 'stop' | 'overdue' | 'ahead' | 'heldUp' | 'limit' | 'zone'
  readonly title: string
  readonly detail?: string
  /** When it began, or how far it goes. */
  readonly time?: { readonly before: string; readonly at: Instant }
  readonly schedule?: { readonly id: string; readonly name: string }
  readonly remedies: readonly { readonly text: string; readonly command?: string }[]
}

const counted = (count: number) => (count === 1 ? '1 schedule' : `${count.toLocaleString('en-GB')} schedules`)

/** What is wrong with the engine, what matters most first. One cause is said once: nothing is overdue where nothing can fire. */
export function engineNotes(state: EngineState): readonly EngineNote[] {
  if (state.copiedFrom !== null) {
    return [
      {
        key: 'copy',
        title: 'This database is a copy. Nothing fires or runs here until an administrator adopts it.',
        detail: `Copied from ${state.copiedFrom}.`,
        remedies: [
          { text: 'If the original is still in use:', command: 'npx almanac adopt --skip' },
          { text: 'If it no longer exists:', command: 'npx almanac adopt --continue' },
        ],
      },
    ]
  }
  const notes: EngineNote[] = []
  if (state.stoppedAt !== null) {
    notes.push({
      key: 'stop',
      title: `All schedules are paused${state.stoppedBy === null ? '' : ` by ${state.stoppedBy}`}.`,
      ...(state.stopReason !== null && { detail: state.stopReason.replace(/[.\s]*$/, '.') }),
      time: { before: 'Since', at: state.stoppedAt },
      remedies: [{ text: 'To resume them:', command: 'select almanac.resume_all();' }],
    })
  }
  if (state.workerRuns === false && !state.isUnused) {
    notes.push({
      key: 'worker',
      title: 'No worker is running. Nothing runs until one is started.',
      remedies: [{ text: 'Start one:', command: 'npx almanac worker' }],
    })
  } else if (state.overdueCount !== null && state.overdueCount > 0 && state.overdueSince !== null) {
    notes.push({
      key: 'overdue',
      title: `${counted(state.overdueCount)} ${state.overdueCount === 1 ? 'is' : 'are'} overdue: due but not fired.`,
      time: { before: 'Since', at: state.overdueSince },
      ...(state.overdueScheduleId !== null && {
        schedule: {
          id: state.overdueScheduleId,
          name: state.overdueScheduleName ?? `Schedule ${state.overdueScheduleId}`,
        },
      }),
      remedies: [{ text: 'Find out what is blocking the workers:', command: 'npx almanac status' }],
    })
  }
  if (state.workerRuns !== false && state.heldUpSince !== null) {
    const count = Number(state.heldUpCount)
    notes.push({
      key: 'heldUp',
      title: `${counted(count)} ${count === 1 ? 'is' : 'are'} due and held up: ${state.heldUpBecause}.`,
      detail: `The first is ${state.heldUpName}.`,
      time: { before: 'Since', at: state.heldUpSince },
      remedies: [{ text: state.heldUpRemedy ?? '' }],
    })
  }
  if (state.aheadCount !== null && state.aheadCount > 0 && state.aheadUntil !== null) {
    notes.push({
      key: 'ahead',
      title: `The database clock was ahead: ${counted(state.aheadCount)} will not fire until that time.`,
      time: { before: 'Until', at: state.aheadUntil },
      remedies: [
        {
          text: 'If the clock is correct now, an administrator can replan them:',
          command: 'select * from almanac.replan_from_now();',
        },
      ],
    })
  }
  if (state.limitedWho !== null && state.limitedUntil !== null) {
    const count = Number(state.limitedCount)
    notes.push({
      key: 'limit',
      title: `T${state.limitedWho.slice(1)} has reached the limit ${state.limitName} (${Number(state.limitMost).toLocaleString('en-GB')}): ${counted(count)} ${count === 1 ? 'is' : 'are'} put off.`,
      time: { before: 'Until', at: state.limitedUntil },
      remedies: [
        {
          text: 'What each role has used, and how the owner of the schema can change a limit:',
          command: 'select * from almanac.limits();',
        },
      ],
    })
  }
  return notes
}
