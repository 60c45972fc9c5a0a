import { Panel } from '../../panel/Panel.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import { changeInWords, type ChangePreview } from './changePreview.ts'
import styles from './WhatIf.module.css'

interface WhatIfProps {
  preview: ChangePreview
  zone: string
}

/** What saving would do to the occurrences of the coming 30 days: in numbers, and one by one. */
export function WhatIf({ preview, zone }: WhatIfProps) {
  const { rows, isTooMuch } = preview
  const total = preview.moved + preview.removed + preview.added
  const moment = (at: string) => `${formatDay(at, zone)} ${formatClock(at, zone)}`
  return (
    <Panel title="If you save this" aside="Next 30 days">
      <div role="status">
        {isTooMuch ? 'Too many occurrences to compare.' : <b>{changeInWords(preview)}</b>}
      </div>
      {rows.length > 0 && (
        <details className={styles.list}>
          <summary>Show {rows.length === 1 ? 'it' : 'them'}</summary>
          <ol>
            {rows.map(({ change, was, due }, index) => (
              <li key={index}>
                <span data-change={change}>{change}</span>
                {was !== null && <s>{moment(was)}</s>}
                {change === 'moved' && ' → '}
                {due !== null && <b>{moment(due)}</b>}
              </li>
            ))}
          </ol>
          {total > rows.length && (
            <p className="small muted">
              {(total - rows.length).toLocaleString('en-GB')} more are not listed.
            </p>
          )}
          <p className="small muted">Times in {zone}</p>
        </details>
      )}
    </Panel>
  )
}
