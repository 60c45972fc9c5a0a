import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Panel } from '../../panel/Panel.tsx'
import { cronInWords } from '../../schedules/rule.ts'
import { IntervalFragment, intervalText } from '../../time/interval.ts'
import { Time } from '../../time/Time.tsx'
import '../../panel/panel.css'

export const CrontabTable_item = graphql(
  `
    fragment CrontabTable_item on HostCrontabRecord {
      identifier
      taskIdentifier
      rule
      nextAt
      lastExecution
      knownSince
      workers
      queueName
      maxAttempts
      priority
      jobKey
      backfill {
        ...Interval
      }
    }
  `,
  [IntervalFragment],
)

interface CrontabTableProps {
  items: readonly FragmentOf<typeof CrontabTable_item>[]
  zone: string
}

/** The application's own crontab: when its items last added a job, and when they will. */
export function CrontabTable({ items, zone }: CrontabTableProps) {
  return (
    <Panel title="Application crontab" aside="Rules are in UTC" padded={false}>
      <table className="grid-table" aria-label="Application crontab" style={{ '--least': '780px' }}>
        <colgroup>
          <col />
          <col style={{ width: 160 }} data-wide />
          <col style={{ width: 260 }} data-wide />
          <col style={{ width: 150 }} />
          <col style={{ width: 150 }} data-wide />
        </colgroup>
        <thead>
          <tr>
            {['Item', 'Task', 'Rule', 'Last execution', 'Next'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((masked) => {
            const item = readFragment(CrontabTable_item, masked)
            return (
              <tr key={item.identifier}>
                <th scope="row" title={item.identifier ?? ''}>
                  {item.identifier}
                </th>
                <td title={item.taskIdentifier ?? undefined}>{item.taskIdentifier}</td>
                <td title={optionsText(item)}>
                  <Rule rule={item.rule} workers={item.workers ?? 0} />
                </td>
                <td>
                  {item.lastExecution !== null ? (
                    <Time at={item.lastExecution} zone={zone} />
                  ) : (
                    <span className="faint">Not yet</span>
                  )}
                </td>
                <td>
                  {item.nextAt !== null ? (
                    <Time at={item.nextAt} zone={zone} />
                  ) : (
                    <span className="faint">–</span>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Panel>
  )
}

function Rule({ rule, workers }: { rule: string | null; workers: number }) {
  if (workers === 0) return <span className="faint">No running worker has it</span>
  if (rule === null) return <span className="faint">Decided by a function</span>
  const words = cronInWords(rule)
  return (
    <>
      {words !== null && <>{words} </>}
      <code className="muted">{rule}</code>
    </>
  )
}

/** What an item says besides its rule. */
function optionsText({
  queueName,
  maxAttempts,
  priority,
  jobKey,
  backfill,
  workers,
}: {
  queueName: string | null
  maxAttempts: number | null
  priority: number | null
  jobKey: string | null
  backfill: FragmentOf<typeof IntervalFragment> | null
  workers: number | null
}): string {
  const made = backfill === null ? '' : intervalText(backfill)
  return [
    `${workers ?? 0} running ${workers === 1 ? 'worker has' : 'workers have'} it`,
    queueName !== null && `queue ${queueName}`,
    maxAttempts !== null && `${maxAttempts} attempts`,
    priority !== null && `priority ${priority}`,
    jobKey !== null && `key ${jobKey}`,
    made !== '' && !made.startsWith('0') && `made up for ${made}`,
  ]
    .filter(Boolean)
    .join(', ')
}
