import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { FragmentOf } from '../../graphql/graphql.ts'
import { SkeletonRows } from '../../panel/SkeletonRows.tsx'
import '../../panel/panel.css'
import type { SortColumn } from './scheduleList.ts'
import { ScheduleRow, type ScheduleRow_schedule } from './ScheduleRow.tsx'

const columns: readonly { title: string; width?: number; sort?: SortColumn; number?: true }[] = [
  { title: 'State', width: 112 },
  { title: 'Name', sort: 'name' },
  { title: 'Runs' },
  { title: 'Next', width: 250, sort: 'next' },
  { title: 'Last', width: 264, sort: 'last' },
  { title: 'Fired', width: 72, sort: 'total', number: true },
  { title: 'Failed', width: 72, number: true },
]

interface ScheduleTableProps {
  /** Undefined while they are on their way. */
  schedules: readonly (FragmentOf<typeof ScheduleRow_schedule> & { rowId: string })[] | undefined
  zone: string
  sort: SortColumn
  descending: boolean
  onSort: (column: SortColumn) => void
}

/** The table of schedules. */
export function ScheduleTable({ schedules, zone, sort, descending, onSort }: ScheduleTableProps) {
  const Arrow = descending ? IconArrowDown : IconArrowUp
  return (
    <div className="panel panel-scroll">
      <table className="grid-table" aria-label="Schedules" style={{ minWidth: 1080 }}>
        <colgroup>
          {columns.map(({ title, width }) => (
            <col key={title} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ title, sort: column, number }) => (
              <th
                key={title}
                scope="col"
                className={number && 'num'}
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
        <tbody>
          {schedules === undefined ? (
            <SkeletonRows rows={8} columns={columns.length} />
          ) : (
            schedules.map((schedule) => <ScheduleRow key={schedule.rowId} schedule={schedule} zone={zone} />)
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
