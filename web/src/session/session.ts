import * as v from 'valibot'
import { valuesOf, type EnumValue } from '../graphql/enum.ts'

const roles = valuesOf<EnumValue<'UserRole'>>({ viewer: true, operator: true, admin: true })

const userSchema = v.object({
  username: v.string(),
  displayName: v.optional(v.nullable(v.string()), null),
  role: v.picklist(roles),
  timezone: v.optional(v.nullable(v.string()), null),
  /** A zone, "none", or null for UTC. */
  secondTimezone: v.optional(v.nullable(v.string()), null),
  clockHours: v.optional(v.nullable(v.picklist([12, 24])), null),
  /** 1 for Monday to 7. */
  weekStartsOn: v.optional(v.nullable(v.number()), null),
})

const sessionSchema = v.object({ user: userSchema })

/** Who is signed in. */
type User = v.InferOutput<typeof userSchema>

export type SessionState =
  | { status: 'loading' }
  | { status: 'signed-out' }
  | { status: 'unreachable' }
  | { status: 'signed-in'; user: User }

/** What a try to sign in came to. */
export type SignInResult = 'ok' | 'refused' | 'unreachable'

type Fetch = (path: string, init?: RequestInit) => Promise<Response>

export interface Session {
  get: () => SessionState
  subscribe: (listener: () => void) => () => void
  check: () => Promise<void>
  signIn: (token: string) => Promise<SignInResult>
  /** False: the server did not hear of it, and the session remains. */
  signOut: () => Promise<boolean>
  /** The server said that no one is signed in. */
  expire: () => void
}

/** How long a server that did not say who is signed in is left alone. */
const askAgainAfter = 5000

/** Knows who is signed in, by asking the server. */
export function createSession(
  fetch: Fetch,
  later: (again: () => void) => void = (again) => void setTimeout(again, askAgainAfter),
): Session {
  let current: SessionState = { status: 'loading' }
  const listeners = new Set<() => void>()
  const set = (state: SessionState) => {
    current = state
    for (const listener of listeners) listener()
  }
  const read = async (response: Response): Promise<SessionState> => {
    if (response.status === 401 || response.status === 403) return { status: 'signed-out' }
    if (!response.ok) return { status: 'unreachable' }
    const parsed = v.safeParse(sessionSchema, await response.json())
    return parsed.success ? { status: 'signed-in', user: parsed.output.user } : { status: 'signed-out' }
  }
  const ask = async (): Promise<SessionState> => {
    try {
      return await read(await fetch('/auth/session'))
    } catch {
      return { status: 'unreachable' }
    }
  }
  let isWaiting = false
  const check = async () => {
    const answer = await ask()
    // A server that is away for a moment signs no one out.
    if (answer.status !== 'unreachable' || current.status !== 'signed-in') set(answer)
    if (current.status !== 'unreachable' || isWaiting) return
    // Until it is known who it is, they may change nothing, and see the times of no zone of theirs.
    isWaiting = true
    later(() => {
      isWaiting = false
      if (current.status === 'unreachable') void check()
    })
  }
  let spending: { token: string; result: Promise<SignInResult> } | undefined
  const spend = async (token: string): Promise<SignInResult> => {
    try {
      const response = await fetch('/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      })
      if (response.status < 500) {
        await check()
        return current.status === 'signed-in' ? 'ok' : 'refused'
      }
    } catch {
      // Answered below: it may be tried again.
    }
    spending = undefined
    return 'unreachable'
  }
  return {
    get: () => current,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    check,
    signIn: (token) => {
      // A token can be spent once, however often the page is mounted.
      if (spending?.token !== token) spending = { token, result: spend(token) }
      return spending.result
    },
    signOut: async () => {
      try {
        const { ok } = await fetch('/auth/logout', { method: 'POST' })
        if (ok) set({ status: 'signed-out' })
        return ok
      } catch {
        return false
      }
    },
    expire: () => set({ status: 'signed-out' }),
  }
}
