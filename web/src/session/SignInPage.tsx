import { Button, Loader } from '@mantine/core'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { EmptyState } from '../panel/EmptyState.tsx'
import { takeReturnAddress } from './returnAddress.ts'
import { session, useSession } from './useSession.ts'
import type { Session, SignInResult } from './session.ts'

/** The token of a sign-in link. It is in the fragment, which browsers do not send to servers. */
function tokenIn(hash: string): string | null {
  return new URLSearchParams(hash).get('token')
}

interface SignInPageProps {
  source?: Session
}

/**
 * Spends the link's token and continues to the address that was asked for; without one, says how to get it. A link that is
 * pasted over this page's address changes the fragment alone: the page stays, and meets another token.
 */
export function SignInPage({ source = session }: SignInPageProps) {
  const token = useLocation({ select: ({ hash }) => tokenIn(hash) })
  const { status } = useSession(source)
  const [answered, setAnswered] = useState<{ token: string; result: SignInResult }>()
  const [attempt, setAttempt] = useState(0)
  const answer = answered?.token === token ? (answered?.result ?? null) : null
  const result = token === null ? 'none' : answer
  const isSignedIn = result === 'ok' || (result === 'none' && status === 'signed-in')

  useEffect(() => {
    if (token === null) return
    let current = true
    void source.signIn(token).then((given) => {
      if (current) setAnswered({ token, result: given })
    })
    return () => {
      current = false
    }
  }, [source, token, attempt])

  useEffect(() => {
    // A new document: nothing stays in memory from the previous session.
    if (isSignedIn) window.location.replace(takeReturnAddress(window.location.origin))
  }, [isSignedIn])

  useEffect(() => {
    // The link may have been opened in another tab.
    const look = () => void source.check()
    window.addEventListener('focus', look)
    return () => window.removeEventListener('focus', look)
  }, [source])

  if (result === null || isSignedIn) {
    return (
      <main className="empty-state" aria-busy>
        <Loader size="sm" />
        <p>Signing in…</p>
      </main>
    )
  }
  if (result === 'unreachable') {
    return (
      <main>
        <EmptyState
          level={1}
          title="The server cannot be reached"
          action={
            <Button
              size="xs"
              onClick={() => {
                setAnswered(undefined)
                setAttempt(attempt + 1)
              }}
            >
              Try again
            </Button>
          }
        >
          The link can still be used.
        </EmptyState>
      </main>
    )
  }
  return (
    <main>
      <EmptyState
        level={1}
        title={result === 'refused' ? 'This link is no longer valid' : 'Sign in with a link'}
        sql="npx almanac login-link"
      >
        {result === 'refused'
          ? 'A sign-in link works once, for 15 minutes. Get a new one on the machine that runs Almanac:'
          : 'npm start prints one. Get a new one on the machine that runs Almanac:'}
      </EmptyState>
    </main>
  )
}
