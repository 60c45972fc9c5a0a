import { useSyncExternalStore } from 'react'
import { serverTime } from '../time/serverTime.ts'

/** What happened to the line over which changes are told, to what it tells, or to a question. */
export type ConnectionEvent =
  /** It is tried to open the line. */
  | 'connecting'
  /** Something arrived on the line. */
  | 'heard'
  /** The line stands: from now on nothing that changes is missed without being told. */
  | 'following'
  /** The server has lost the database's notices. */
  | 'deaf'
  /** It hears them again. */
  | 'hearing'
  | 'closed'
  /** The browser says whether there is a network. */
  | 'offline'
  | 'online'
  /** The database answered a question. */
  | 'answered'
  /** A question got no answer: no server, no database. */
  | 'unanswered'

/**
 *   connecting ──following──► live ◄──following, and a question answered──┐
 *        │                     │                                          │
 *        └──────closed─────────┴──closed──► lost ─────────────────────────┤
 *                              ├──offline─► offline ──online, following───┤
 *                              └──deaf, unanswered──► failing ──hearing───┘
 */
export type ConnectionState = 'connecting' | 'live' | 'lost' | 'offline' | 'failing'

/** Whether what changes is not told, and all that is shown grows old. */
export function isDown(state: ConnectionState): boolean {
  return state !== 'live' && state !== 'connecting'
}

/** What is known of the connection. */
export interface Connection {
  readonly state: ConnectionState
  /** Until then all that is shown was what the database says; null: it is so now, or nothing has been shown yet. */
  readonly asOf: number | null
  /** What was answered before is caught up with by asking again. */
  readonly currentSince: number
}

interface Facts extends Connection {
  readonly isOnline: boolean
  readonly line: 'connecting' | 'following' | 'closed'
  readonly isDeaf: boolean
  readonly isUnanswered: boolean
  readonly heardAt: number | null
  readonly answeredAt: number | null
}

const atFirst: Facts = {
  state: 'connecting',
  asOf: null,
  currentSince: 0,
  isOnline: true,
  line: 'connecting',
  isDeaf: false,
  isUnanswered: false,
  heardAt: null,
  answeredAt: null,
}

function withEvent(facts: Facts, event: ConnectionEvent, now: number): Facts {
  switch (event) {
    case 'connecting':
      return facts
    case 'heard':
      return { ...facts, heardAt: now }
    case 'following':
      return { ...facts, line: 'following', isDeaf: false, heardAt: now }
    case 'deaf':
      return { ...facts, isDeaf: true }
    case 'hearing':
      return { ...facts, isDeaf: false, heardAt: now }
    case 'closed':
      return { ...facts, line: 'closed' }
    case 'offline':
      return { ...facts, isOnline: false, line: 'closed' }
    case 'online':
      return { ...facts, isOnline: true }
    case 'answered':
      return { ...facts, isUnanswered: false, answeredAt: now }
    case 'unanswered':
      return { ...facts, isUnanswered: true }
  }
}

function stateOf({ isOnline, line, isDeaf, isUnanswered }: Facts): ConnectionState {
  if (!isOnline) return 'offline'
  if (line === 'closed') return 'lost'
  if (isDeaf || isUnanswered) return 'failing'
  return line === 'following' ? 'live' : 'connecting'
}

/** What is known after an event. */
function next(before: Facts, event: ConnectionEvent, now: number): Facts {
  const facts = withEvent(before, event, now)
  const state = stateOf(facts)
  if (state === 'live' || state === 'connecting') {
    // The line alone does not make old data new: something must have been answered on it.
    const isCaughtUp = facts.asOf !== null && state === 'live' && event === 'answered'
    return isCaughtUp ? { ...facts, state, asOf: null, currentSince: now } : { ...facts, state }
  }
  const lastWord = event === 'unanswered' ? facts.answeredAt : (facts.heardAt ?? facts.answeredAt)
  return { ...facts, state, asOf: facts.asOf ?? (event === 'deaf' ? now : lastWord) }
}

export interface ConnectionStore {
  get: () => Connection
  tell: (event: ConnectionEvent) => void
  subscribe: (listener: () => void) => () => void
}

/** Knows whether what is shown is what the database says now; `now` is a clock in milliseconds. */
export function createConnectionStore(now: () => number): ConnectionStore {
  let facts = atFirst
  let shown: Connection = atFirst
  const listeners = new Set<() => void>()
  return {
    get: () => shown,
    tell: (event) => {
      facts = next(facts, event, now())
      const { state, asOf, currentSince } = facts
      if (state === shown.state && asOf === shown.asOf && currentSince === shown.currentSince) return
      shown = { state, asOf, currentSince }
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The page's one connection. */
export const connection = createConnectionStore(serverTime.now)

/** The state of the connection, for the dot, the banner and greying old data. */
export function useConnection(store: ConnectionStore = connection): Connection {
  return useSyncExternalStore(store.subscribe, store.get)
}
