import { useSyncExternalStore } from 'react'

/** connecting: the first attempt; live: changes arrive; lost: they do not, and it is tried again. */
export type ConnectionState = 'connecting' | 'live' | 'lost'

export interface ConnectionStore {
  get: () => ConnectionState
  set: (state: ConnectionState) => void
  subscribe: (listener: () => void) => () => void
}

/** Holds the state of the connection over which changes are told. */
function createConnectionStore(): ConnectionStore {
  let current: ConnectionState = 'connecting'
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set: (state) => {
      if (state === current) return
      current = state
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The page's one connection. */
export const connection = createConnectionStore()

/** The state of the connection, for the dot and for greying old data. */
export function useConnectionState(store: ConnectionStore = connection): ConnectionState {
  return useSyncExternalStore(store.subscribe, store.get)
}
