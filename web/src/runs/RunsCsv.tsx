import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { useClient } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql, type ResultOf } from '../graphql/graphql.ts'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { csvText } from './csv.ts'
import { download } from './download.ts'
import { runFilter, type RunListSearch } from './runList.ts'

const csvQuery = graphql(`
  query RunsCsv($filter: JSON!, $first: Int!, $after: String) {
    findRuns(filter: $filter, maxCount: $first, after: $after) {
      runs(first: $first) {
        rowId
        scheduleName
        taskIdentifier
        status
        trigger
        requestedBy
        scheduledFor
        dueAt
        startedAt
        finishedAt
        attempt
        workerId
        reason
        error
      }
      next
    }
  }
`)

type Page = NonNullable<ResultOf<typeof csvQuery>['findRuns']>
type Row = NonNullable<Page['runs']>[number]

const names = [
  'run',
  'schedule',
  'task',
  'status',
  'trigger',
  'requested_by',
  'scheduled_for',
  'due_at',
  'started_at',
  'finished_at',
  'attempts',
  'worker',
  'reason',
  'error',
]
const cells = (run: Row) => [
  run.rowId,
  run.scheduleName,
  run.taskIdentifier,
  run.status,
  run.trigger,
  run.requestedBy,
  run.scheduledFor,
  run.dueAt,
  run.startedAt,
  run.finishedAt,
  run.attempt,
  run.workerId,
  run.reason,
  run.error,
]

const pageSize = 500
/** A file has at most so many runs, out of so many parts of the history that were searched. */
const most = 10_000
const mostParts = 100

interface RunsCsvProps {
  search: RunListSearch
  zone: string
}

/** Saves what the list is narrowed to as a CSV file: the latest, up to a bound, which is said. */
export function RunsCsv({ search, zone }: RunsCsvProps) {
  const client = useClient()
  const [isBusy, setIsBusy] = useState(false)

  async function save(): Promise<void> {
    const filter = runFilter(search, zone)
    const rows: Row[] = []
    let after: string | null = null
    let parts = 0
    do {
      const variables: { filter: typeof filter; first: number; after: string | null } = {
        filter,
        first: pageSize,
        after,
      }
      const { data, error } = await client.query(csvQuery, variables, { requestPolicy: 'network-only' })
      if (tellRefusal(readProblems(error)[0]) || !data?.findRuns) return
      const page: Page = data.findRuns
      rows.push(...(page.runs ?? []))
      after = page.next
      parts++
    } while (after !== null && rows.length < most && parts < mostParts)
    const count = rows.length.toLocaleString('en-GB')
    const isCut = after !== null
    download(
      isCut ? `runs-latest-${rows.length}.csv` : 'runs.csv',
      csvText(names, rows.map(cells)),
      'text/csv',
    )
    notifications.show(
      isCut
        ? {
            color: 'yellow',
            message: `The file has the latest ${count} runs, and none of the older ones. Narrow the list by time for those.`,
            autoClose: 10_000,
          }
        : { message: `The file has all ${count} ${rows.length === 1 ? 'run' : 'runs'}.` },
    )
  }

  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDownload size={14} />}
      loading={isBusy}
      title="Save the runs of this list as a CSV file"
      onClick={() => {
        setIsBusy(true)
        void save().finally(() => setIsBusy(false))
      }}
    >
      CSV
    </Button>
  )
}
