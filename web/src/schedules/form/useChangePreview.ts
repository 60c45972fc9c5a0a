import { useEffect, useState } from 'react'
import { useClient, type Client } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import {
  readChangePreview,
  readOverrides,
  timeChanges,
  type ChangePreview,
  type KeptOverrides,
} from './changePreview.ts'
import { changesOf, PayloadError, type Definition, type Draft } from './draft.ts'

const AffectedOverrides = graphql(`
  fragment AffectedOverrides on Query @_unmask {
    overridesForChange(schedule: $schedule, changes: $changes) {
      scheduledFor
      wasMovedTo
      newScheduledFor
    }
  }
`)

const changeQuery = graphql(
  `
    query PreviewChange($schedule: String!, $changes: JSON!) {
      previewChange(schedule: $schedule, changes: $changes, maxCount: 200) {
        change
        wasDueAt
        dueAt
        count
      }
      ...AffectedOverrides
    }
  `,
  [AffectedOverrides],
)

const overridesQuery = graphql(
  `
    query OverridesForChange($schedule: String!, $changes: JSON!) {
      ...AffectedOverrides
    }
  `,
  [AffectedOverrides],
)

const delay = 400

function changesBetween(draft: Draft, saved: Draft): Definition {
  try {
    return timeChanges(changesOf(draft, saved))
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    return timeChanges(changesOf({ ...draft, payload: '{}' }, { ...saved, payload: '{}' }))
  }
}

/** What saving a draft would do: to the coming 30 days, and to what is moved or skipped. */
export interface DraftChange extends KeptOverrides {
  preview: ChangePreview
}

/** What saving would do to moved and skipped occurrences, asked right before; null where the database refuses. */
export async function overridesAfter(
  client: Client,
  draft: Draft,
  saved: Draft,
): Promise<KeptOverrides | null> {
  const changes = changesBetween(draft, saved)
  if (Object.keys(changes).length === 0) return { kept: 0, lost: [] }
  const { data } = await client
    .query(overridesQuery, { schedule: saved.name, changes }, { requestPolicy: 'network-only' })
    .toPromise()
  return data?.overridesForChange ? readOverrides(data.overridesForChange) : null
}

/** What saving the draft would do; null while that is unknown, or nothing was changed. */
export function useChangePreview(draft: Draft, saved: Draft): DraftChange | null {
  const client = useClient()
  const text = JSON.stringify(changesBetween(draft, saved))
  const [answer, setAnswer] = useState<{ text: string; change: DraftChange | null } | null>(null)

  useEffect(() => {
    if (text === '{}') return
    let current = true
    const timer = setTimeout(() => {
      const variables = { schedule: saved.name, changes: JSON.parse(text) as Definition }
      void client
        .query(changeQuery, variables, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => {
          if (!current) return
          setAnswer({
            text,
            change: data?.previewChange
              ? {
                  preview: readChangePreview(data.previewChange),
                  ...readOverrides(data.overridesForChange ?? []),
                }
              : null,
          })
        })
    }, delay)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, text, saved.name])

  return text === '{}' || answer?.text !== text ? null : answer.change
}
