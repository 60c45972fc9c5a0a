import { useMediaQuery } from '@mantine/hooks'
import type { HTMLAttributes } from 'react'
import type { FragmentOf } from '../graphql/graphql.ts'
import { moveAmongRows } from '../panel/rowKeys.ts'
import { SkeletonRows } from '../panel/SkeletonRows.tsx'
import '../panel/panel.css'
import { useNow } from '../time/now.ts'
import { groupRuns, type ActiveCounts, type ShortRunSearch } from './runList.ts'
import styles from './RunsPage.module.css'
import { RunRow, type RunRow_run } from './RunRow.tsx'

interface RunTableProps {
  /** The newest first; undefined while they are on their way. */
  runs:
    | readonly (FragmentOf<typeof RunRow_run> & { rowId: string; status: string; scheduledFor: string })[]
    | undefined
  /** How many are unfinished, also beyond the listed ones. */
  counts: ActiveCounts
  /** Whether all was searched for them; otherwise there may be older ones. */
  isSearched: boolean
  zone: string
  selected: string | undefined
  search: ShortRunSearch
  /** Rows that hold still, as they were when that began. */
  held: readonly { rowId: string; status: string }[] | null
  /** Keeps rows in their places. */
  holder: HTMLAttributes<HTMLElement>
}

/** A phone has room for four of them. */
const columnsOf = (isNarrow: boolean, isWide: boolean) => (isNarrow ? 4 : isWide ? 9 : 6)

/** Runs in groups: unfinished ones, then day by day. */
export function RunTable({ runs, counts, isSearched, zone, selected, search, held, holder }: RunTableProps) {
  const now = useNow()
  const isNarrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const isWide = useMediaQuery('(min-width: 1800px)', false, { getInitialValueInEffect: false })
  const columns = columnsOf(isNarrow, isWide)
  const heldStatuses = new Map(held?.map(({ rowId, status }) => [rowId, status]))
  const groups = groupRuns(
    runs ?? [],
    zone,
    now,
    counts,
    ({ rowId, status }) => heldStatuses.get(rowId) ?? status,
  )
  return (
    <table
      className={`grid-table ${styles['runs']}`}
      aria-label="Runs"
      data-wide={isWide || undefined}
      onKeyDown={moveAmongRows}
      {...holder}
    >
      <thead>
        <tr>
          <th scope="col">
            <span className={styles['stateWord']}>State</span>
          </th>
          <th scope="col">Schedule</th>
          <th scope="col" title="The time that its rule names, by which the list is sorted">
            Time
          </th>
          <th scope="col" className="num">
            Late
          </th>
          <th scope="col" className="num">
            Took
          </th>
          <th scope="col" className="num">
            Attempt
          </th>
          {isWide && (
            <>
              <th scope="col">Trigger</th>
              <th scope="col">Task</th>
              <th scope="col">Note</th>
            </>
          )}
        </tr>
      </thead>
      {runs === undefined && (
        <tbody>
          <SkeletonRows rows={12} columns={columns} />
        </tbody>
      )}
      {runs?.length === 0 && (
        <tbody>
          <tr>
            <td colSpan={columns} className="muted">
              {isSearched ? 'No runs match this filter.' : 'No runs match this filter so far back.'}
            </td>
          </tr>
        </tbody>
      )}
      {groups.map(({ title, runs }) => (
        <tbody key={title.replace(/ · .*$/, '')}>
          <tr>
            <th colSpan={columns} scope="rowgroup">
              {title}
            </th>
          </tr>
          {runs.map((run) => (
            <RunRow
              key={run.rowId}
              run={run}
              selected={run.rowId === selected}
              {...{ zone, search, isWide }}
            />
          ))}
        </tbody>
      ))}
    </table>
  )
}
