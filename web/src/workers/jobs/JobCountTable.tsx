import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Time } from '../../time/Time.tsx'
import { jobStateNames, jobStates, shortJobSearch, type JobSearch } from './job.ts'
import '../../panel/panel.css'

export const JobCountTable_counts = graphql(`
  fragment JobCountTable_counts on HostJobCountsRecord {
    taskIdentifier
    ready
    scheduled
    retrying
    locked
    failed
    readySince
  }
`)

const shownOnPhones: readonly string[] = ['ready', 'locked', 'failed']

interface JobCountTableProps {
  counts: readonly FragmentOf<typeof JobCountTable_counts>[]
  search: JobSearch
  zone: string
}

/** How many jobs of each task are in which state; each number narrows the list to them. */
export function JobCountTable({ counts, search, zone }: JobCountTableProps) {
  return (
    <div className="panel panel-scroll">
      <table className="grid-table" aria-label="Jobs by task" style={{ '--least': '780px' }}>
        <colgroup>
          <col />
          {jobStateNames.map((state) => (
            <col key={state} style={{ width: 84 }} data-wide={!shownOnPhones.includes(state) || undefined} />
          ))}
          <col style={{ width: 160 }} data-wide />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Task</th>
            {jobStateNames.map((state) => (
              <th key={state} scope="col" className="num">
                {jobStates[state].label}
              </th>
            ))}
            <th scope="col">Ready since</th>
          </tr>
        </thead>
        <tbody>
          {counts.map((masked) => {
            const count = readFragment(JobCountTable_counts, masked)
            const task = count.taskIdentifier ?? ''
            const narrowed = (state: JobSearch['state']) =>
              shortJobSearch({ ...search, task, state, before: null })
            return (
              <tr key={task} aria-selected={search.task === task || undefined}>
                <th scope="row" title={task}>
                  <Link to="/workers/jobs" search={narrowed(null)}>
                    {task}
                  </Link>
                </th>
                {jobStateNames.map((state) => (
                  <td key={state} className="num">
                    {(count[state] ?? 0) > 0 ? (
                      <Link
                        to="/workers/jobs"
                        search={narrowed(state)}
                        aria-label={`${count[state]} ${jobStates[state].label.toLowerCase()} of ${task}`}
                      >
                        {count[state]?.toLocaleString('en-GB')}
                      </Link>
                    ) : (
                      <span className="faint">0</span>
                    )}
                  </td>
                ))}
                <td>
                  {count.readySince === null ? (
                    <span className="faint">–</span>
                  ) : (
                    <Time at={count.readySince} zone={zone} seconds="never" />
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
