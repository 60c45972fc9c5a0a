import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { graphql } from '../graphql/graphql.ts'

const windowsQuery = graphql(`
  query RecurringWindows($cron: String!, $timezone: String!, $rule: JSON!) {
    checkCron(cron: $cron, timezone: $timezone) {
      valid
      errorPosition
      message
      hint
    }
    preview(definition: $rule, maxCount: 3) {
      scheduledFor
    }
  }
`)

const delay = 250

/** What the database says of a recurring window: when it begins next, or what is wrong. */
export interface Windows {
  starts: readonly string[]
  problem: string | null
  /** Where in the text the first thing wrong is, from 1. */
  position: number | null
}

/** Asks about a cron expression, a moment after its last change; null while it is asked. */
export function useWindows(cron: string, timezone: string, isWanted: boolean): Windows | null {
  const client = useClient()
  const text = JSON.stringify([cron, timezone])
  const [answer, setAnswer] = useState<{ text: string; windows: Windows } | null>(null)

  useEffect(() => {
    if (!isWanted) return
    let current = true
    const timer = setTimeout(() => {
      const rule = { kind: 'cron', cron_expression: cron, timezone }
      void client
        .query(windowsQuery, { cron, timezone, rule }, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => {
          if (!current) return
          const check = data?.checkCron
          const problem =
            check?.valid === false ? [check.message, check.hint].filter(Boolean).join(' ') : null
          setAnswer({
            text,
            windows: {
              starts: (data?.preview ?? []).flatMap(({ scheduledFor }) => scheduledFor ?? []),
              problem,
              position: problem === null ? null : (check?.errorPosition ?? null),
            },
          })
        })
    }, delay)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, text, cron, timezone, isWanted])

  return answer?.text === text ? answer.windows : null
}
