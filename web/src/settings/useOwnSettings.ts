import { useState } from 'react'
import { useMutation } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql, type Json } from '../graphql/graphql.ts'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { session } from '../session/useSession.ts'

const changeMutation = graphql(`
  mutation ChangeOwnSettings($settings: JSON!) {
    changeOwnSettings(input: { settings: $settings }) {
      result {
        rowId
      }
    }
  }
`)

/** Settings of one's own, by their names in the database. */
export interface OwnSettings {
  timezone?: string | null
  /** A zone, "none", or null for UTC. */
  second_timezone?: string | null
  clock_hours?: 12 | 24
  week_starts_on?: number
  saved_views?: readonly { name: string; address: string }[]
}

/** Keeps settings in the database; what it refuses is said, and stays as it was. */
export function useOwnSettings(): {
  isChanging: boolean
  change: (settings: OwnSettings) => Promise<boolean>
} {
  const [, changeSettings] = useMutation(changeMutation)
  const [isChanging, setIsChanging] = useState(false)
  const change = async (settings: OwnSettings) => {
    setIsChanging(true)
    const { error } = await changeSettings({ settings: settings as Json })
    const isRefused = tellRefusal(readProblems(error)[0])
    if (!isRefused) await session.check()
    setIsChanging(false)
    return !isRefused
  }
  return { isChanging, change }
}
