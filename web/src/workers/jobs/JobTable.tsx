import type { FragmentOf } from '../../graphql/graphql.ts'
import { JobRow, type JobRow_job } from './JobRow.tsx'
import styles from './Jobs.module.css'
import '../../panel/panel.css'

const columns: readonly { title: string; width?: number; number?: true; wide?: true }[] = [
  { title: 'State', width: 124 },
  { title: 'Task and key' },
  { title: 'Queue and flags', width: 160, wide: true },
  { title: 'Due', width: 150, wide: true },
  { title: 'Attempts', width: 80, number: true },
]

interface JobTableProps {
  jobs: readonly (FragmentOf<typeof JobRow_job> & { id: string | null })[]
  /** Whether the user may see payloads. */
  isAdmin: boolean
  zone: string
}

/** The application's jobs, the newest first. */
export function JobTable({ jobs, isAdmin, zone }: JobTableProps) {
  if (jobs.length === 0) return <p className={styles['none']}>No job is like this.</p>
  return (
    <div className="panel panel-scroll">
      <table className="grid-table" aria-label="Application jobs" style={{ '--least': '780px' }}>
        <colgroup>
          {columns.map(({ title, width, wide }) => (
            <col key={title} data-wide={wide} style={width === undefined ? undefined : { width }} />
          ))}
          <col style={{ width: isAdmin ? 76 : 0 }} />
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number && 'num'}>
                {title}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} columns={columns.length + 1} isAdmin={isAdmin} zone={zone} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
