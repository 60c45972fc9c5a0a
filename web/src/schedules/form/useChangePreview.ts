import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { readChangePreview, timeChanges, type ChangePreview } from './changePreview.ts'
import { changesOf, PayloadError, type Definition, type Draft } from './draft.ts'

const changeQuery = graphql(`
  query PreviewChange($schedule: String!, $changes: JSON!) {
    previewChange(schedule: $schedule, changes: $changes, maxCount: 200) {
      change
      wasDueAt
      dueAt
      count
    }
  }
`)

const delay = 400

function changesBetween(draft: Draft, saved: Draft): Definition {
  try {
    return timeChanges(changesOf(draft, saved))
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    return timeChanges(changesOf({ ...draft, payload: '{}' }, { ...saved, payload: '{}' }))
  }
}

/** What saving the draft would do to the coming 30 days; null while that is unknown, or nothing was changed. */
export function useChangePreview(draft: Draft, saved: Draft): ChangePreview | null {
  const client = useClient()
  const text = JSON.stringify(changesBetween(draft, saved))
  const [answer, setAnswer] = useState<{ text: string; preview: ChangePreview | null } | null>(null)

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
          setAnswer({ text, preview: data?.previewChange ? readChangePreview(data.previewChange) : null })
        })
    }, delay)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, text, saved.name])

  return text === '{}' || answer?.text !== text ? null : answer.preview
}
