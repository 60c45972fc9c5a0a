import { useClient, useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { useOwnSettings } from '../../settings/useOwnSettings.ts'
import { readSavedViews, type SavedView } from './savedViews.ts'

const savedViewsQuery = graphql(`
  query SavedViews {
    signedInUser {
      rowId
      savedViews
    }
  }
`)

interface SavedViews {
  /** Null while they are on their way. */
  views: readonly SavedView[] | null
  isChanging: boolean
  /** Changes those that the database has now, as another tab may have changed them; false where it refused. */
  change: (next: (views: readonly SavedView[]) => readonly SavedView[]) => Promise<boolean>
}

/** The views that the signed-in user has saved, in every browser. */
export function useSavedViews(): SavedViews {
  const client = useClient()
  const [{ data }, ask] = useQuery({ query: savedViewsQuery, requestPolicy: 'cache-and-network' })
  const { isChanging, change } = useOwnSettings()
  return {
    views: data === undefined ? null : readSavedViews(data.signedInUser?.savedViews),
    isChanging,
    change: async (next) => {
      const latest = await client.query(savedViewsQuery, {}, { requestPolicy: 'network-only' }).toPromise()
      const kept = readSavedViews(latest.data?.signedInUser?.savedViews)
      const isKept = await change({ saved_views: next(kept) })
      ask({ requestPolicy: 'network-only' })
      return isKept
    },
  }
}
