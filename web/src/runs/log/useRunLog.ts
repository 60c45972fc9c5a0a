import { use, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useClient } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { useChanges } from '../../graphql/live.ts'
import { UncachedContext } from '../../graphql/uncached.ts'
import { joinLines, readLine, type LogLine } from './runLog.ts'

const logQuery = graphql(`
  query RunLog($run: BigInt!, $after: BigInt!) {
    runLog(runId: $run, afterLine: $after, maxCount: 2000) {
      id
      attempt
      line
      loggedAt
      level
      message
      cutLines
      cutBecause
    }
  }
`)

const runLogged = graphql(`
  subscription RunLogged {
    runLogged {
      op
      ids
    }
  }
`)

const pageSize = 2000
/** Milliseconds between looks for what is new, and until one that failed is tried again. */
const pace = 500
const again = 5_000

export interface RunLogState {
  readonly lines: readonly LogLine[]
  /** Whether all that there is has been read once. */
  readonly isRead: boolean
  readonly hasFailed: boolean
}

/** The log of a run: read page by page, and then only what is new, as it is told. `version` changes when the run does. */
export function useRunLog(runId: string, isRunning: boolean, version: string): RunLogState {
  const cached = useClient()
  const client = use(UncachedContext) ?? cached
  const [state, setState] = useState<RunLogState>({ lines: [], isRead: false, hasFailed: false })
  const reading = useRef({ isBusy: false, isWanted: false, isOver: false, after: '0' })

  async function read(): Promise<void> {
    const own = reading.current
    own.isWanted = true
    if (own.isBusy) return
    own.isBusy = true
    while (own.isWanted && !own.isOver) {
      own.isWanted = false
      const { data } = await client
        .query(logQuery, { run: runId, after: own.after }, { requestPolicy: 'network-only' })
        .toPromise()
      if (own.isOver) break
      const page = data?.runLog?.map(readLine)
      if (page) own.after = page.at(-1)?.id ?? own.after
      if (page?.length === pageSize) own.isWanted = true
      setState((before) => ({
        lines: page ? joinLines(before.lines, page) : before.lines,
        isRead: before.isRead || (page !== undefined && page.length < pageSize),
        hasFailed: page === undefined,
      }))
      if (!page) own.isWanted = true
      if (page?.length !== pageSize) await new Promise((resolve) => setTimeout(resolve, page ? pace : again))
    }
    own.isBusy = false
  }

  const onNews = useEffectEvent(() => void read())
  useEffect(() => {
    const own = reading.current
    own.isOver = false
    onNews()
    return () => {
      own.isOver = true
    }
  }, [])
  useEffect(() => onNews(), [version])
  useEffect(() => {
    if (!isRunning) return
    const subscription = cached.subscription(runLogged, {}).subscribe(({ data }) => {
      const change = data?.runLogged
      if (change && (change.op !== 'update' || change.ids.includes(runId))) onNews()
    })
    return () => subscription.unsubscribe()
  }, [cached, isRunning, runId])
  useChanges(['runs'], (changes) => {
    if (changes.some(({ isGap }) => isGap)) void read()
  })
  return state
}
