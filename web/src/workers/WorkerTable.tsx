import type { FragmentOf } from '../graphql/graphql.ts'
import { SkeletonRows } from '../panel/SkeletonRows.tsx'
import { WorkerRow, type WorkerRow_worker } from './WorkerRow.tsx'
import '../panel/panel.css'

const columns: readonly { title: string; width?: number; number?: true; wide?: true; spare?: true }[] = [
  { title: 'State', width: 116 },
  { title: 'Worker' },
  { title: 'Slots in use', width: 160 },
  { title: 'Started', width: 160, wide: true },
  { title: 'Last heartbeat', width: 160, wide: true },
  { title: 'Version', width: 92, number: true, wide: true, spare: true },
]

interface WorkerTableProps {
  /** Undefined while they are on their way. */
  workers: readonly (FragmentOf<typeof WorkerRow_worker> & { rowId: string })[] | undefined
  running: ReadonlyMap<string, number>
  zone: string
}

/** The table of worker processes. */
export function WorkerTable({ workers, running, zone }: WorkerTableProps) {
  return (
    <div className="panel panel-scroll">
      <table
        className="grid-table"
        aria-label="Workers"
        aria-busy={workers === undefined}
        style={{ '--least': '860px' }}
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
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number && 'num'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {workers === undefined ? (
            <SkeletonRows rows={3} columns={columns.length} />
          ) : (
            workers.map((worker) => (
              <WorkerRow
                key={worker.rowId}
                worker={worker}
                running={running.get(worker.rowId) ?? 0}
                zone={zone}
              />
            ))
          )}
        </tbody>
      </table>
    </div>
  )
}
