import { createPlaces, type Places, type Room } from './places.ts'

/**
 * Shares a worker's slots and its connections for `almanac:sql` between accounts: the roles that runs run as, and the users of
 * the web client, all of whom run as the same few roles.
 */
export interface Sharing {
  /** What begin_runs may begin of so many runs, of which so many may be statements; null: all of them. */
  room(runs: number, statements: number): object | null
  /** A run has begun; what it has taken is free again when the returned function is called. */
  take(account: string, isStatement: boolean, run: PutBack): () => void
  /** A run has been left queued. `isPostponed`: it has a new job for later, and whoever has it in hand lets go of it. */
  refuse(account: string, lacks: Lack, isPostponed: boolean, run: PutBack): void
  /** A run does not begin now for a reason of its own. */
  passBy(run: PutBack): void
  /** Waits until there may be room for a run that was refused, at most until `deadline`, by performance.now(). */
  turn(account: string, lacks: Lack, deadline: number): Promise<void>
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

/** Milliseconds that a run is kept in hand for a slot of its account, before it is put back to where others overtake it. */
export const KEPT_IN_HAND = 100
/** Runs of one account that were put back are taken again one after the other, milliseconds apart, that long after at least. */
const SPACING = 10
const SOONEST = 100
/** So many milliseconds later at most: a longer line is taken more often. */
const LATEST = 300_000
/** Runs of one account that are remembered, at most; others come back by their jobs. */
const MOST_PUT_BACK = 10_000
/** Milliseconds after which a run that was taken back and has not come counts no more: another worker may have it. */
const TAKEN_BACK = 2_000
/** Milliseconds between looks for room that came without an end, while runs are put back. */
export const AGAIN = 250

interface Waiting {
  readonly account: string
  readonly lacks: Lack
  readonly go: () => void
}

/** A run that is taken back, since when. */
interface Coming {
  readonly account: string
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
  /** When the next run that is put back is to be taken again, by what it lacks and by account. */
  const lines: Readonly<Record<Lack, Map<string, number>>> = { slots: new Map(), statements: new Map() }
  /** The runs that were put back, by what they lack and by account. */
  const putBack: Readonly<Record<Lack, Map<string, Line>>> = {
    slots: new Map(),
    statements: new Map(),
  }
  /** Those that are taken back. */
  const coming = new Map<string, Coming>()
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let hasStopped = false

  function nextInLine(lack: Lack, account: string): number {
    const now = performance.now()
    const at = Math.max(now + SOONEST, lines[lack].get(account) ?? 0)
    return at - now > LATEST ? now + LATEST * Math.random() : at
  }

  function toJson(lack: Lack, { accounts, others, total }: Room) {
    const retryIn: Record<string, number> = {}
    for (const account of accounts.keys()) {
      if (places[lack].isMoving(account)) continue
      const at = nextInLine(lack, account)
      lines[lack].set(account, at)
      retryIn[account] = Math.round(at - performance.now())
    }
    return { accounts: Object.fromEntries(accounts), others, total, retryIn }
  }

  function wake(): void {
    if (waiting.length === 0) return
    const left = { slots: new Map(slots.room().accounts), statements: new Map(statements.room().accounts) }
    waiting = waiting.filter(({ account, lacks, go }) => {
      const room = left[lacks].get(account) ?? 1
      if (room < 1) return true
      left[lacks].set(account, room - 1)
      go()
      return false
    })
  }

  function remember(lack: Lack, account: string, run: PutBack): void {
    const line = putBack[lack].get(account) ?? {
      runs: new Map<string, PutBack>(),
      latest: 0n,
      isSorted: true,
    }
    if (line.runs.size >= MOST_PUT_BACK || line.runs.has(run.runId)) return
    const number = BigInt(run.runId)
    if (number < line.latest) line.isSorted = false
    else line.latest = number
    line.runs.set(run.runId, run)
    putBack[lack].set(account, line)
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

  function forget(lack: Lack, account: string, runId: string): void {
    const line = putBack[lack].get(account)
    if (line?.runs.delete(runId) && line.runs.size === 0) putBack[lack].delete(account)
  }

  /** As many of those that were put back as there is room for: whoever ends makes way for the next. */
  function takeThoseBack(): void {
    if (hasStopped || !hasPutBack()) return
    const since = performance.now() - TAKEN_BACK
    for (const [runId, { at }] of coming) if (at < since) coming.delete(runId)
    const left = { slots: slots.room(), statements: statements.room() }
    const taken: Coming[] = []
    for (const lack of ['statements', 'slots'] as const)
      for (const [account, line] of [...putBack[lack]]) {
        const places = lack === 'slots' ? [left.slots] : [left.slots, left.statements]
        const ahead = [...coming.values(), ...waiting].filter((other) => other.account === account).length
        let room = Math.min(...places.map(({ accounts, others }) => accounts.get(account) ?? others)) - ahead
        for (const run of inOrder(line)) {
          if (room-- < 1) break
          forget(lack, account, run.runId)
          const own = { account, lacks: lack, run, at: performance.now() }
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
    for (const { account, lacks, run } of missing)
      if (areDue === null || areDue.has(run.runId)) remember(lacks, account, run)
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
    take(account, isStatement, { runId }) {
      coming.delete(runId)
      for (const lack of ['slots', 'statements'] as const) forget(lack, account, runId)
      slots.take(account)
      if (isStatement) statements.take(account)
      return () => {
        slots.leave(account)
        if (isStatement) statements.leave(account)
        wake()
        takeThoseBack()
      }
    },
    refuse(account, lacks, isPostponed, run) {
      coming.delete(run.runId)
      places[lacks].refuse(account)
      if (!isPostponed) return
      lines[lacks].set(account, nextInLine(lacks, account) + SPACING)
      remember(lacks, account, run)
    },
    passBy: ({ runId }) => void coming.delete(runId),
    async turn(account, lacks, deadline) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const own = { account, lacks, go: resolve }
      const timer = setTimeout(
        () => {
          waiting = waiting.filter((other) => other !== own)
          places[lacks].stop(account)
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

function least({ accounts, others, total }: Room): number {
  return Math.min(total, others, ...accounts.values())
}
