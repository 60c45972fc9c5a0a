import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ShortRunSearch } from './runList.ts'

interface RunLinkProps {
  id: string
  /** What the list is narrowed to that has the run in its drawer; null: on the run's own page. */
  list: ShortRunSearch | null
  className?: string | undefined
  title?: string | undefined
  children: ReactNode
}

/** Leads to a run, in the same place as the one that is shown. */
export function RunLink({ id, list, className = 'accent-link', title, children }: RunLinkProps) {
  const rest = { className, title, children }
  return list === null ? (
    <Link to="/runs/$runId" params={{ runId: id }} {...rest} />
  ) : (
    <Link to="/runs" search={{ ...list, run: id }} {...rest} />
  )
}
