import { useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useMemo } from 'react'
import { readSearch, type Params, type ReadSearch, type SearchOf } from './params.ts'

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** What was wrong in the address that was asked for. The next step has another state. */
    addressFaults?: readonly string[]
  }
}

/** What a step that corrects an address tells the frame. */
type TellFaults = (state: { addressFaults?: readonly string[] }) => { addressFaults: readonly string[] }

/** Corrects the address where something is wrong in it, once for what is. */
export function useCorrection(faults: readonly string[], correct: (tell: TellFaults) => void): void {
  const told = faults.join('\n')
  const onFaults = useEffectEvent(() =>
    correct(({ addressFaults = [] }) => ({ addressFaults: [...new Set([...addressFaults, ...faults])] })),
  )
  useEffect(() => {
    if (told !== '') onFaults()
  }, [told])
}

/** What the search of the address says, and what is wrong in it. */
export function useRawSearch<Of extends Params>(params: Of): ReadSearch<Of> {
  const raw = useSearch({ strict: false })
  return useMemo(() => readSearch(params, raw), [params, raw])
}

/** What the address of the page says. What cannot be read is told, and taken out of the address. */
export function useAddress<Of extends Params>(params: Of): SearchOf<Of> {
  const { search, faults, right } = useRawSearch(params)
  const navigate = useNavigate()
  useCorrection(faults, (state) => void navigate({ to: '.', search: right, replace: true, state }))
  return search
}

/** What was wrong in the address that led to the page. */
export function useAddressFaults(): readonly string[] {
  return useLocation({ select: ({ state }) => state.addressFaults }) ?? []
}
