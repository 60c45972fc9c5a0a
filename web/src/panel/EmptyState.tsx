import type { ReactNode } from 'react'
import './panel.css'

interface EmptyStateProps {
  title: string
  children: ReactNode
  /** The heading's level: 1 where it is the whole page. */
  level?: 1 | 2
  /** The same step in SQL. */
  sql?: string
  action?: ReactNode
}

/** Nothing to show, and the next step: in the client and in SQL. */
export function EmptyState({ title, level = 2, children, sql, action }: EmptyStateProps) {
  const Heading = `h${level}` as const
  return (
    <div className="empty-state">
      <Heading>{title}</Heading>
      <p>{children}</p>
      {action}
      {sql !== undefined && <pre>{sql}</pre>}
    </div>
  )
}
