import { Button, Loader } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { EmptyState } from '../panel/EmptyState.tsx'
import { session } from './useSession.ts'
import type { Session, SignInResult } from './session.ts'

/** The token of a sign-in link. It stands in the fragment, which browsers do not send to servers. */
function tokenIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token')
}

interface SignInPageProps {
  source?: Session
}

/** Spends the link's token and continues to the calendar; without one, says how to get it. */
export function SignInPage({ source = session }: SignInPageProps) {
  const navigate = useNavigate()
  const [token] = useState(() => tokenIn(window.location.hash))
  const [result, setResult] = useState<SignInResult | 'none' | null>(token === null ? 'none' : null)
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    if (token === null) return
    let current = true
    void source.signIn(token).then(async (answer) => {
      if (!current) return
      if (answer === 'ok') await navigate({ to: '/', replace: true })
      else setResult(answer)
    })
    return () => {
      current = false
    }
  }, [source, token, navigate, attempt])

  if (result === null) {
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
                setResult(null)
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
