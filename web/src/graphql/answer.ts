import { useContext, useState } from 'react'
import {
  createRequest,
  type AnyVariables,
  type CombinedError,
  type UseQueryArgs,
  type UseQueryResponse,
  type UseQueryState,
} from 'urql'
import { ClockContext } from '../time/now.ts'
import { useConnection, type Connection } from './connection.ts'

/** Until when data were what the database says: null, they are so now; undefined, it is not known, as of what a cache kept. */
export type AsOf = number | null | undefined

interface Answer<Data> {
  readonly data: Data | undefined
  readonly asOf: AsOf
}

interface OwnOrOther {
  /** The data answer the question before: one of another window of time, say. */
  readonly isOther: boolean
}

/** A query's state whose data outlive an error, with how old they are. */
export type LiveResponse<Data, Variables extends AnyVariables> = [
  Omit<UseQueryState<Data, Variables>, 'data'> & Answer<Data> & OwnOrOther,
  UseQueryResponse<Data, Variables>[1],
]

/** The last whole answer to a question, or what a cache knew of it before there was one. */
export interface Kept<Data> {
  readonly key: number
  readonly data: Data
  /** Null: a cache knew it, as of no known time. */
  readonly at: number | null
}

interface Question<Data> {
  readonly key: number
  /** What is at hand, of any question, and from anywhere. */
  readonly data: Data | undefined
  readonly error: CombinedError | undefined
  /** It answers this question, as the database does now. */
  readonly isAnswered: boolean
}

/**
 * What to show of a question, and how old it is. An answer with an error is not used: what it leaves out would read as
 * if there were nothing.
 */
export function answerOf<Data>(
  { key, data, error, isAnswered }: Question<Data>,
  kept: Kept<Data> | null,
  { asOf, currentSince }: Pick<Connection, 'asOf' | 'currentSince'>,
): Answer<Data> {
  const own = kept?.key === key ? kept : null
  if (error !== undefined)
    return { data: own?.data, asOf: own === null ? undefined : (asOf ?? own.at ?? undefined) }
  if (isAnswered) return { data, asOf: asOf === null ? null : Math.max(asOf, own?.at ?? asOf) }
  if (own === null || own.at === null) return { data: data ?? own?.data, asOf: undefined }
  // The page's clock knows only whole seconds.
  const isBehind = own.at < Math.floor(currentSince / 1000) * 1000
  return { data: data ?? own.data, asOf: asOf === null ? (isBehind ? own.at : null) : Math.max(asOf, own.at) }
}

/** Keeps the last whole answer of a query while it fails, and tells how old what is shown is. */
export function useAnswer<Data, Variables extends AnyVariables>(
  state: UseQueryState<Data, Variables>,
  { query, variables }: UseQueryArgs<Variables, Data>,
): LiveResponse<Data, Variables>[0] {
  const connection = useConnection()
  const clock = useContext(ClockContext)
  const [kept, setKept] = useState<(Kept<Data> & { isSettled: boolean }) | null>(null)
  const { data, error, fetching, stale, operation } = state
  const { key } = createRequest(query, variables as Variables)
  const isOwn = data !== undefined && error === undefined && operation?.key === key
  const isAnswered = isOwn && !fetching && !stale
  if (isAnswered && (kept === null || !kept.isSettled || kept.key !== key || kept.data !== data))
    setKept({ key, data, at: clock.get(), isSettled: true })
  else if (isOwn && kept?.key !== key) setKept({ key, data, at: null, isSettled: false })
  if (!isAnswered && kept?.isSettled === true) setKept({ ...kept, isSettled: false })
  const isOther = operation !== undefined && operation.key !== key && kept?.key !== key
  return { ...state, ...answerOf({ key, data, error, isAnswered }, kept, connection), isOther }
}
