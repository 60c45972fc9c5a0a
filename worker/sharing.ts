import { createPlaces, type Places, type Room } from './places.ts'

/** Shares a worker's slots and its connections for `almanac:sql` between the roles that runs run as. */
export interface Sharing {
  /** What begin_runs may begin of so many runs, of which so many may be statements; null: all of them. */
  room(runs: number, statements: number): object | null
  /** A run has begun; what it has taken is free again when the returned function is called. */
  take(role: string, isStatement: boolean, run: PutBack): () => void
  /** A run has been left queued. `isPostponed`: it has a new job for later, and whoever has it in hand lets go of it. */
  refuse(role: string, lacks: Lack, isPostponed: boolean, run: PutBack): void
  /** Waits until there may be room for a run that was refused, at most until `deadline`, by performance.now(). */
  turn(role: string, lacks: Lack, deadline: number): Promise<void>
  /** Takes nothing back any more. */
  stop(): void
}

/** What a run was refused for. */
export type Lack = 'slots' | 'statements'

/** A run that has a new job for later. */
export interface PutBack {
  readonly runId: string
  readonly scheduledFor: string
}

/** Milliseconds that a run is kept in hand for a slot of its role, before it is put back to where others overtake it. */
export const KEPT_IN_HAND = 100
/** Runs of one role that were put back are taken again one after the other, milliseconds apart, that long after at least. */
const SPACING = 10
const SOONEST = 100
/** So many milliseconds later at most: a longer line is taken more often. */
const LATEST = 300_000
/** Runs of one role that are remembered, at most; others come back by their jobs. */
const MOST_PUT_BACK = 10_000
/** Milliseconds after which a run that was taken back and has not come counts no more: another worker may have it. */
const TAKEN_BACK = 2_000
/** Milliseconds between looks for room that came without an end, while runs are put back. */
export const AGAIN = 250

interface Waiting {
  readonly role: string
  readonly lacks: Lack
  readonly go: () => void
}

/** A run that is taken back, since when. */
interface Coming {
  readonly role: string
  readonly lacks: Lack
  readonly run: PutBack
  readonly at: number
}

interface Line {
  runs: Map<string, PutBack>
  latest: bigint
  isSorted: boolean
}

/** Shares `concurrency` slots and `connections`. Roles that schedules run as have some kept for them. */
export function createSharing({
  concurrency,
  connections,
  busyBesides,
  scheduled,
  takeBack,
}: {
  concurrency: number
  connections: number
  /** Slots that jobs have which are no runs. */
  busyBesides: () => number
  scheduled: () => ReadonlySet<string>
  /** There is room again for these runs that were put back: has their jobs taken now. Answers by run: false, if someone holds it. */
  takeBack: (runs: readonly PutBack[]) => Promise<ReadonlyMap<string, boolean>>
}): Sharing {
  const slots = createPlaces({ count: concurrency, takenBesides: busyBesides, scheduled })
  const statements = createPlaces({ count: connections, scheduled })
  const places: Readonly<Record<Lack, Places>> = { slots, statements }
  /** When the next run that is put back is to be taken again, by what it lacks and by role. */
  const lines: Readonly<Record<Lack, Map<string, number>>> = { slots: new Map(), statements: new Map() }
  /** The runs that were put back, by what they lack and by role. */
  const putBack: Readonly<Record<Lack, Map<string, Line>>> = {
    slots: new Map(),
    statements: new Map(),
  }
  /** Those that are taken back. */
  const coming = new Map<string, Coming>()
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let hasStopped = false

  function nextInLine(lack: Lack, role: string): number {
    const now = performance.now()
    const at = Math.max(now + SOONEST, lines[lack].get(role) ?? 0)
    return at - now > LATEST ? now + LATEST * Math.random() : at
  }

  function toJson(lack: Lack, { roles, others, total }: Room) {
    const retryIn: Record<string, number> = {}
    for (const role of roles.keys()) {
      if (places[lack].isMoving(role)) continue
      const at = nextInLine(lack, role)
      lines[lack].set(role, at)
      retryIn[role] = Math.round(at - performance.now())
    }
    return { roles: Object.fromEntries(roles), others, total, retryIn }
  }

  function wake(): void {
    if (waiting.length === 0) return
    const left = { slots: new Map(slots.room().roles), statements: new Map(statements.room().roles) }
    waiting = waiting.filter(({ role, lacks, go }) => {
      const room = left[lacks].get(role) ?? 1
      if (room < 1) return true
      left[lacks].set(role, room - 1)
      go()
      return false
    })
  }

  function remember(lack: Lack, role: string, run: PutBack): void {
    const line = putBack[lack].get(role) ?? { runs: new Map<string, PutBack>(), latest: 0n, isSorted: true }
    if (line.runs.size >= MOST_PUT_BACK || line.runs.has(run.runId)) return
    const number = BigInt(run.runId)
    if (number < line.latest) line.isSorted = false
    else line.latest = number
    line.runs.set(run.runId, run)
    putBack[lack].set(role, line)
    lookAgain()
  }

  const hasPutBack = () => putBack.slots.size > 0 || putBack.statements.size > 0

  /** There may be room without an end: what others want, and what is kept for them, changes by itself. */
  function lookAgain(): void {
    if (timer || hasStopped || !hasPutBack()) return
    timer = setTimeout(() => {
      timer = undefined
      takeThoseBack()
      lookAgain()
    }, AGAIN).unref()
  }

  function forget(lack: Lack, role: string, runId: string): void {
    const line = putBack[lack].get(role)
    if (line?.runs.delete(runId) && line.runs.size === 0) putBack[lack].delete(role)
  }

  /** As many of those that were put back as there is room for: whoever ends makes way for the next. */
  function takeThoseBack(): void {
    if (hasStopped || !hasPutBack()) return
    const since = performance.now() - TAKEN_BACK
    for (const [runId, { at }] of coming) if (at < since) coming.delete(runId)
    const left = { slots: slots.room(), statements: statements.room() }
    const taken: Coming[] = []
    for (const lack of ['statements', 'slots'] as const)
      for (const [role, line] of [...putBack[lack]]) {
        const places = lack === 'slots' ? [left.slots] : [left.slots, left.statements]
        const ahead = [...coming.values(), ...waiting].filter((other) => other.role === role).length
        let room = Math.min(...places.map(({ roles, others }) => roles.get(role) ?? others)) - ahead
        for (const run of inOrder(line)) {
          if (room-- < 1) break
          forget(lack, role, run.runId)
          const own = { role, lacks: lack, run, at: performance.now() }
          coming.set(run.runId, own)
          taken.push(own)
        }
      }
    if (taken.length > 0) void haveTaken(taken)
  }

  /** Whoever does not come makes way for the next at once, and is back in line if it may come later. */
  async function haveTaken(taken: readonly Coming[]): Promise<void> {
    const areDue = await takeBack(taken.map(({ run }) => run)).catch(() => null)
    const missing = taken.filter(({ run }) => areDue?.get(run.runId) !== true)
    for (const { run } of missing) coming.delete(run.runId)
    if (areDue && missing.length > 0) takeThoseBack()
    for (const { role, lacks, run } of missing)
      if (areDue === null || areDue.has(run.runId)) remember(lacks, role, run)
  }

  return {
    room(runs, ofStatements) {
      const room = { slots: slots.room(), statements: statements.room() }
      if (runs <= least(room.slots) && ofStatements <= least(room.statements)) return null
      return {
        slots: toJson('slots', room.slots),
        statements: toJson('statements', room.statements),
        spacing: SPACING,
      }
    },
    take(role, isStatement, { runId }) {
      coming.delete(runId)
      for (const lack of ['slots', 'statements'] as const) forget(lack, role, runId)
      slots.take(role)
      if (isStatement) statements.take(role)
      return () => {
        slots.leave(role)
        if (isStatement) statements.leave(role)
        wake()
        takeThoseBack()
      }
    },
    refuse(role, lacks, isPostponed, run) {
      coming.delete(run.runId)
      places[lacks].refuse(role)
      if (!isPostponed) return
      lines[lacks].set(role, nextInLine(lacks, role) + SPACING)
      remember(lacks, role, run)
    },
    async turn(role, lacks, deadline) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const own = { role, lacks, go: resolve }
      const timer = setTimeout(
        () => {
          waiting = waiting.filter((other) => other !== own)
          places[lacks].stop(role)
          resolve()
        },
        Math.max(0, deadline - performance.now()),
      )
      waiting.push(own)
      await promise
      clearTimeout(timer)
    },
    stop() {
      hasStopped = true
      clearTimeout(timer)
    },
  }
}

/** Runs as they were queued, whenever they were put back. */
function inOrder(line: Line): Iterable<PutBack> {
  if (!line.isSorted) {
    line.runs = new Map([...line.runs].sort(([one], [other]) => (BigInt(one) < BigInt(other) ? -1 : 1)))
    line.isSorted = true
  }
  return line.runs.values()
}

function least({ roles, others, total }: Room): number {
  return Math.min(total, others, ...roles.values())
}
