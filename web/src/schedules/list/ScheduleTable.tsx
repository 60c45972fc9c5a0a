import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { HTMLAttributes } from 'react'
import type { FragmentOf } from '../../graphql/graphql.ts'
import { moveAmongRows } from '../../panel/rowKeys.ts'
import { SkeletonRows } from '../../panel/SkeletonRows.tsx'
import '../../panel/panel.css'
import type { SortColumn } from './scheduleList.ts'
import { ScheduleRow, type ScheduleRow_schedule } from './ScheduleRow.tsx'
import type { LastOutcomes } from './useLastOutcomes.ts'
import styles from './SchedulesPage.module.css'

interface Column {
  title: string
  width?: number
  sort?: SortColumn
  number?: true
  /** Not on a phone. */
  wide?: true
  /** Only where there is room for all. */
  spare?: true
}

const columns: readonly Column[] = [
  { title: 'State', width: 100 },
  { title: 'Name', sort: 'name' },
  { title: 'Rule', wide: true },
  { title: 'Kind', width: 72, wide: true, spare: true },
  { title: 'Created by', width: 104, sort: 'by', wide: true, spare: true },
  { title: 'Next', width: 152, sort: 'next' },
  { title: 'Last', width: 152, sort: 'last', wide: true },
  { title: 'Last 60', width: 140, wide: true, spare: true },
  { title: 'Runs', width: 64, sort: 'total', number: true, wide: true, spare: true },
  { title: 'Failed', width: 68, sort: 'failed', number: true, wide: true },
]

interface ScheduleTableProps {
  /** Undefined while they are on their way. */
  schedules: readonly (FragmentOf<typeof ScheduleRow_schedule> & { rowId: string })[] | undefined
  outcomes: ReadonlyMap<string, LastOutcomes>
  zone: string
  sort: SortColumn
  descending: boolean
  onSort: (column: SortColumn) => void
  onTag: (tag: string) => void
  onRestore: ((schedule: { rowId: string; name: string }) => void) | null
  /** Keeps rows in their places. */
  holder: HTMLAttributes<HTMLElement>
}

/** The table of schedules. */
export function ScheduleTable(props: ScheduleTableProps) {
  const { schedules, outcomes, zone, sort, descending, onSort, onTag, onRestore, holder } = props
  const Arrow = descending ? IconArrowDown : IconArrowUp
  return (
    <div className={`panel panel-scroll ${styles.table}`}>
      <table
        className="grid-table"
        aria-label="Schedules"
        onKeyDown={moveAmongRows}
        style={{ '--least': '1250px' }}
      >
        <colgroup>
          {columns.map(({ title, width, wide, spare }) => (
            <col
              key={title}
              data-wide={wide}
              data-spare={spare}
              style={width === undefined ? undefined : { width }}
            />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ title, sort: column, number, wide, spare }) => (
              <th
                key={title}
                scope="col"
                className={number && 'num'}
                data-wide={wide}
                data-spare={spare}
                aria-sort={
                  column !== undefined && column === sort
                    ? descending
                      ? 'descending'
                      : 'ascending'
                    : undefined
                }
              >
                {column === undefined ? (
                  title
                ) : (
                  <button type="button" onClick={() => onSort(column)}>
                    {title}
                    {column === sort && <Arrow size={12} aria-hidden />}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...holder}>
          {schedules === undefined ? (
            <SkeletonRows rows={8} columns={columns.length} />
          ) : (
            schedules.map((schedule) => (
              <ScheduleRow
                key={schedule.rowId}
                schedule={schedule}
                last={outcomes.get(schedule.rowId)}
                {...{ zone, onTag, onRestore }}
              />
            ))
          )}
          {schedules?.length === 0 && (
            <tr>
              <td colSpan={columns.length} className="muted">
                No schedules match this filter.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}
