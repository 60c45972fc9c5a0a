import { Panel } from '../../panel/Panel.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import { changeInWords } from './changePreview.ts'
import { OverridesNote } from './OverridesNote.tsx'
import type { DraftChange } from './useChangePreview.ts'
import styles from './WhatIf.module.css'

interface WhatIfProps extends DraftChange {
  zone: string
}

/** What saving would do to the occurrences of the coming 30 days, in numbers and one by one, and to what is moved or skipped. */
export function WhatIf({ preview, kept, lost, zone }: WhatIfProps) {
  const { rows, isTooMuch } = preview
  const total = preview.moved + preview.removed + preview.added
  const moment = (at: string) => `${formatDay(at, zone)} ${formatClock(at, zone)}`
  return (
    <Panel title="If you save this" aside="Next 30 days">
      <div role="status">
        {isTooMuch ? 'Too many occurrences to compare.' : <b>{changeInWords(preview)}</b>}
      </div>
      <OverridesNote kept={kept} lost={lost} timeZone={zone} />
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
