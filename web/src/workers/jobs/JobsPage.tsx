import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback, useInterval } from '@mantine/hooks'
import { IconSearch, IconX } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAddress } from '../../address/useAddress.ts'
import { readProblems } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { AnswerState } from '../../panel/AnswerState.tsx'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { NewestOlder } from '../../panel/NewestOlder.tsx'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import { CrontabTable, CrontabTable_item } from './CrontabTable.tsx'
import { countsInWords, jobParams, jobStateNames, jobStates, shortJobSearch, type JobSearch } from './job.ts'
import { JobCountTable, JobCountTable_counts } from './JobCountTable.tsx'
import { JobRow_job } from './JobRow.tsx'
import { JobTable } from './JobTable.tsx'
import styles from './Jobs.module.css'

const jobsQuery = graphql(
  `
    query HostJobs($task: String, $state: String, $search: String, $before: BigInt, $most: Int!) {
      hostJobs(task: $task, inState: $state, search: $search, beforeId: $before, maxCount: $most) {
        id
        state
        ...JobRow_job
      }
      hostJobCounts {
        taskIdentifier
        isWhole
        ready
        scheduled
        retrying
        locked
        failed
        ...JobCountTable_counts
      }
      hostCrontab(maxCount: 1000) {
        ...CrontabTable_item
      }
    }
  `,
  [JobRow_job, JobCountTable_counts, CrontabTable_item],
)

const PAGE_SIZE = 100
/** Graphile Worker announces nothing of its jobs that a page could hear. */
const LOOK_AGAIN = 10_000
const ADD_JOB = `select graphile_worker.add_job('send_email', '{"to": "ann@example.com"}');`

/** What the application does with Graphile Worker besides its schedules: its own jobs, and its crontab. */
export function JobsPage() {
  const search = useAddress(jobParams)
  const navigate = useNavigate()
  const zone = useTimeZone()
  const { isAdmin } = useSession()
  const go = (next: JobSearch, replace = true) =>
    void navigate({ to: '/workers/jobs', search: shortJobSearch(next), replace })
  const [{ data, error, fetching, asOf }, execute] = useLiveQuery(
    {
      query: jobsQuery,
      variables: {
        task: search.task,
        state: search.state,
        search: search.q.trim() || null,
        before: search.before,
        most: PAGE_SIZE,
      },
    },
    { topics: ['workers'] },
  )
  const refresh = () => execute({ requestPolicy: 'network-only' })
  useInterval(() => document.visibilityState === 'visible' && refresh(), LOOK_AGAIN, { autoInvoke: true })

  const [problem = null] = readProblems(error)
  const jobs = data?.hostJobs?.filter((job) => job !== null)
  const counts = (data?.hostJobCounts ?? []).filter((one) => one !== null)
  const crontab = (data?.hostCrontab ?? []).filter((item) => item !== null)
  const isNarrowed = Object.keys(shortJobSearch({ ...search, zone: undefined })).length > 0
  const isEmpty = counts.length === 0 && crontab.length === 0 && jobs?.length === 0 && !isNarrowed
  const shown = jobs?.filter(({ state }) => state !== null)
  /** The last row says where to continue, full page or not. */
  const older = jobs !== undefined && (shown?.length === PAGE_SIZE || shown?.length !== jobs.length)
  return (
    <div className={`page ${styles['page']}`}>
      <header className="page-head">
        <div className="grow">
          <h1 className="visually-hidden">Application jobs</h1>
          <p>
            {jobs === undefined
              ? '\u00a0'
              : countsInWords(
                  counts,
                  counts.every(({ isWhole }) => isWhole === true),
                )}
          </p>
        </div>
        <Button size="xs" variant="default" renderRoot={(props) => <Link {...props} to="/workers" />}>
          Workers
        </Button>
      </header>
      <AnswerState
        isThere={jobs !== undefined}
        problem={problem}
        asOf={asOf}
        zone={zone}
        onTry={refresh}
        skeleton={null}
      >
        {isEmpty ? (
          <EmptyState title="No jobs of an application" sql={ADD_JOB}>
            An application can use this database’s Graphile Worker next to Almanac. Its jobs, its crontab and
            what they failed with are shown here. One is added by:
          </EmptyState>
        ) : (
          <>
            {counts.length > 0 && <JobCountTable counts={counts} search={search} zone={zone} />}
            <Filters
              search={search}
              tasks={counts.map(({ taskIdentifier }) => taskIdentifier ?? '')}
              go={(next) => go({ ...next, before: null })}
            />
            <JobTable jobs={shown ?? []} isAdmin={isAdmin} zone={zone} />
            <NewestOlder
              className={styles['pages']}
              isNewest={search.before === null}
              hasOlder={older}
              isFetching={fetching && asOf === undefined}
              onNewest={() => go({ ...search, before: null }, false)}
              onOlder={() => go({ ...search, before: jobs?.at(-1)?.id ?? null }, false)}
              note={
                older &&
                shown?.length !== PAGE_SIZE && (
                  <span className="muted">100,000 jobs were read. Older ones follow.</span>
                )
              }
            />
            {crontab.length > 0 && <CrontabTable items={crontab} zone={zone} />}
          </>
        )}
      </AnswerState>
    </div>
  )
}

interface FiltersProps {
  search: JobSearch
  tasks: readonly string[]
  go: (next: JobSearch) => void
}

/** What the list is narrowed to. */
function Filters({ search, tasks, go }: FiltersProps) {
  const [text, setText] = useState(search.q)
  const find = useDebouncedCallback((q: string) => go({ ...search, q }), 250)
  return (
    <div className={styles['filters']} role="search">
      <TextInput
        size="xs"
        type="search"
        aria-label="Search jobs"
        placeholder="Task, key or queue"
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          find(event.currentTarget.value)
        }}
      />
      <Select
        size="xs"
        w={140}
        aria-label="State"
        placeholder="Any state"
        clearable
        data={jobStateNames.map((value) => ({ value, label: jobStates[value].label }))}
        value={search.state}
        onChange={(state) => go({ ...search, state: jobStateNames.find((one) => one === state) ?? null })}
      />
      <Select
        size="xs"
        w={180}
        aria-label="Task"
        placeholder="Any task"
        clearable
        searchable
        limit={100}
        comboboxProps={{ width: 'max-content' }}
        data={search.task === null || tasks.includes(search.task) ? [...tasks] : [search.task, ...tasks]}
        value={search.task}
        onChange={(task) => go({ ...search, task })}
      />
      {Object.keys(shortJobSearch({ ...search, before: null, zone: undefined })).length > 0 && (
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconX size={14} aria-hidden />}
          onClick={() => {
            setText('')
            go({ ...search, q: '', state: null, task: null, before: null })
          }}
        >
          Clear
        </Button>
      )}
    </div>
  )
}
