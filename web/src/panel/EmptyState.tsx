import type { ReactNode } from 'react'
import './panel.css'

interface EmptyStateProps {
  title: string
  children: ReactNode
  /** The same step in SQL. */
  sql?: string
  action?: ReactNode
}

/** Nothing to show, and the next step: in the client and in SQL. */
export function EmptyState({ title, children, sql, action }: EmptyStateProps) {
  return (
    <div className="empty-state">
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
      {sql !== undefined && <pre>{sql}</pre>}
    </div>
  )
}
