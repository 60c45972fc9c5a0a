import type { ReactNode } from 'react'
import './panel.css'

interface PanelProps {
  title: string
  /** What is to the right of the title. */
  aside?: ReactNode
  /** Whether the content keeps away from the edges; tables do not. */
  padded?: boolean
  children: ReactNode
}

/** A titled card. */
export function Panel({ title, aside, padded = true, children }: PanelProps) {
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside !== undefined && <span className="panel-aside">{aside}</span>}
      </header>
      {padded ? <div className="panel-body">{children}</div> : children}
    </section>
  )
}
