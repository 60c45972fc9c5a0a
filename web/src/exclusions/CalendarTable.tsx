import type { ReactNode } from 'react'
import { SkeletonRows } from '../panel/SkeletonRows.tsx'
import '../panel/panel.css'
import styles from './Exclusions.module.css'

interface CalendarRow {
  rowId: string
  name: string
  timezone: string | null
  description: string | null
  entryCount: number
  /** The schedules that use it. */
  users: readonly { rowId: string; name: string }[]
}

interface CalendarTableProps {
  /** Undefined while they are on their way. */
  calendars: readonly CalendarRow[] | undefined
  calendarLink: (rowId: string, name: string) => ReactNode
}

const mostNames = 3

/** "nightly, hourly and 3 more" */
function usersInWords(users: readonly { name: string }[]): string {
  const names = users.map(({ name }) => name)
  if (names.length <= mostNames) return names.join(', ')
  return `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
}

/** The table of calendars. */
export function CalendarTable({ calendars, calendarLink }: CalendarTableProps) {
  return (
    <div className="panel panel-scroll">
      <table className="grid-table" aria-label="Calendars" style={{ '--least': '760px' }}>
        <colgroup>
          <col className={styles.names} />
          <col data-wide />
          <col data-wide style={{ width: 180 }} />
          <col data-wide style={{ width: 80 }} />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">For</th>
            <th scope="col">Zone</th>
            <th scope="col" className="num">
              Entries
            </th>
            <th scope="col">Used by</th>
          </tr>
        </thead>
        <tbody>
          {calendars === undefined ? (
            <SkeletonRows rows={4} columns={5} />
          ) : (
            calendars.map(({ rowId, name, timezone, description, entryCount, users }) => (
              <tr key={rowId}>
                <td>{calendarLink(rowId, name)}</td>
                <td title={description ?? undefined}>{description ?? <span className="faint">–</span>}</td>
                <td>{timezone ?? <span className="faint">Each schedule’s own</span>}</td>
                <td className="num">{entryCount.toLocaleString('en-GB')}</td>
                <td title={users.map((user) => user.name).join(', ')}>
                  {users.length === 0 ? <span className="faint">No schedule</span> : usersInWords(users)}
                </td>
              </tr>
            ))
          )}
        </tbody>
      </table>
    </div>
  )
}
