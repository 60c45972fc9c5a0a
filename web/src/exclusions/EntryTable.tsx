import { ActionIcon } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { Fragment } from 'react'
import { entriesByKind, entryText, type Entry } from './entry.ts'
import styles from './Exclusions.module.css'

interface EntryTableProps {
  entries: readonly Entry[]
  zone: string
  /** Null for those who may not. */
  onRemove: ((entry: Entry) => void) | null
}

/** What a calendar excludes, by kind. */
export function EntryTable({ entries, zone, onRemove }: EntryTableProps) {
  const hasSources = entries.some(({ source }) => source !== null)
  const columns = 2 + Number(hasSources) + Number(onRemove !== null)
  return (
    <div className="panel-scroll">
      <table
        className="grid-table"
        aria-label="Entries"
        style={{ '--least': hasSources ? '520px' : '340px' }}
      >
        <colgroup>
          <col style={{ width: '30%' }} />
          <col />
          {hasSources && <col data-wide style={{ width: 130 }} />}
          {onRemove !== null && <col style={{ width: 52 }} />}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Excludes</th>
            {hasSources && <th scope="col">From</th>}
            {onRemove !== null && (
              <th scope="col">
                <span className="visually-hidden">Remove</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {entriesByKind(entries).map((group) => (
            <Fragment key={group.kind}>
              <tr>
                <th scope="rowgroup" colSpan={columns}>
                  {group.title} <span className="faint">{group.entries.length}</span>
                </th>
              </tr>
              {group.entries.map((entry) => {
                const text = entryText(entry, zone)
                const name = entry.label ?? text
                return (
                  <tr key={entry.rowId}>
                    <td title={entry.label ?? undefined}>
                      {entry.label ?? <span className="faint">–</span>}
                    </td>
                    <td className={styles.text} title={text}>
                      {text}{' '}
                      {entry.cronExpression !== null && <code className="tag">{entry.cronExpression}</code>}
                    </td>
                    {hasSources && (
                      <td title={entry.source ?? undefined}>
                        {entry.source ?? <span className="faint">Manual</span>}
                      </td>
                    )}
                    {onRemove !== null && (
                      <td className={styles.remove}>
                        <ActionIcon
                          size="sm"
                          variant="subtle"
                          color="gray"
                          aria-label={`Remove ${name}`}
                          title={`Remove ${name}`}
                          onClick={() => onRemove(entry)}
                        >
                          <IconTrash size={14} />
                        </ActionIcon>
                      </td>
                    )}
                  </tr>
                )
              })}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}
