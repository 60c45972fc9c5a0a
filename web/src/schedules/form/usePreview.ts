import { useEffect, useState } from 'react'
import { useClient, type CombinedError } from 'urql'
import { graphql, type Json, type ResultOf } from '../../graphql/graphql.ts'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { definitionOf, PayloadError, ruleDefinition, type Definition, type Draft } from './draft.ts'

const previewQuery = graphql(`
  query PreviewSchedule($rule: JSON!, $whole: JSON!, $cron: String!, $timezone: String!, $isCron: Boolean!) {
    times: preview(definition: $rule, maxCount: 5) {
      scheduledFor
      dueAt
      note
    }
    problems: checkDefinition(definition: $whole) {
      field
      code
      message
      hint
    }
    cron: checkCron(cron: $cron, timezone: $timezone) @include(if: $isCron) {
      valid
      field
      errorPosition
      message
      hint
      warnings
    }
  }
`)

const delay = 250

/** One upcoming time, as the database computes it. */
export interface PreviewTime {
  /** When it is due. */
  readonly at: string
  readonly note: string | null
}

export interface Preview {
  /** checking: what is shown is of an earlier text. */
  readonly status: 'checking' | 'valid' | 'invalid'
  /** The last times that a valid rule gave, and that rule; null before there was any. */
  readonly last: {
    readonly rule: Pick<Draft, 'kind' | 'cron' | 'every' | 'runAt' | 'timezone'>
    readonly times: readonly PreviewTime[]
  } | null
  readonly problems: readonly Problem[]
  /** The draft that the problems are of. */
  readonly checked: Draft | null
  /** Where in the cron text the first thing wrong is, from 1. */
  readonly cronPosition: number | null
  readonly warnings: readonly string[]
}

function warningTexts(warnings: Json | null | undefined): string[] {
  if (!Array.isArray(warnings)) return []
  return (warnings as readonly Json[]).flatMap((warning) => {
    const message =
      typeof warning === 'object' && warning !== null && 'message' in warning ? warning['message'] : null
    return typeof message === 'string' ? [message] : []
  })
}

function wholeOf(draft: Draft): Definition {
  try {
    return definitionOf(draft)
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    return definitionOf({ ...draft, payload: '{}' })
  }
}

/** Reads the answer for a draft; an invalid rule keeps the times of the last valid one. */
export function readPreview(
  before: Preview,
  draft: Draft,
  data: ResultOf<typeof previewQuery> | undefined,
  error: CombinedError | undefined,
): Preview {
  const times = data?.times ?? undefined
  const { kind, cron, every, runAt, timezone } = draft
  return {
    status: times === undefined ? 'invalid' : 'valid',
    last:
      times === undefined
        ? before.last
        : {
            rule: { kind, cron, every, runAt, timezone },
            times: times.flatMap(({ dueAt, note }) => (dueAt === null ? [] : [{ at: dueAt, note }])),
          },
    checked: draft,
    problems: [...(data?.problems ?? []).map(problemOf), ...readProblems(error)],
    cronPosition: data?.cron?.valid === false ? data.cron.errorPosition : null,
    warnings: warningTexts(data?.cron?.warnings),
  }
}

function problemOf({
  message,
  ...rest
}: Record<'field' | 'code' | 'message' | 'hint', string | null>): Problem {
  return { ...rest, message: message ?? '', detail: null }
}

const nothing: Preview = {
  status: 'checking',
  last: null,
  problems: [],
  checked: null,
  cronPosition: null,
  warnings: [],
}

/** Asks the database about the draft, a moment after the last change to it. `id`: the saved schedule that it changes. */
export function usePreview(draft: Draft, id: string | null): Preview {
  const client = useClient()
  const [preview, setPreview] = useState(nothing)
  const text = JSON.stringify(draft)
  const [asked, setAsked] = useState(text)

  useEffect(() => {
    let current = true
    const draft = JSON.parse(text) as Draft
    const timer = setTimeout(() => {
      const variables = {
        rule: { ...ruleDefinition(draft), ...(id !== null && { id }) },
        whole: { ...wholeOf(draft), ...(id !== null && { id }) },
        cron: draft.cron,
        timezone: draft.timezone,
        isCron: draft.kind === 'cron',
      }
      void client
        .query(previewQuery, variables, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data, error }) => {
          if (!current) return
          setAsked(text)
          setPreview((before) => readPreview(before, draft, data, error))
        })
    }, delay)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, id, text])

  return asked === text
    ? preview
    : { ...preview, status: preview.status === 'valid' ? 'checking' : preview.status }
}
