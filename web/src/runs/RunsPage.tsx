import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlayerPlay, IconSearch, IconX } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { useQuery } from 'urql'
import { useAddress } from '../address/useAddress.ts'
import { FIRST_STEPS } from '../../../shared/firstSteps.ts'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { AnswerState } from '../panel/AnswerState.tsx'
import { EmptyState } from '../panel/EmptyState.tsx'
import { useKeptScroll } from '../panel/keptScroll.ts'
import { NewestOlder } from '../panel/NewestOlder.tsx'
import { useHeldRows } from '../panel/useHeldRows.ts'
import { useSession } from '../session/useSession.ts'
import { DateInput } from '../time/DateInput.tsx'
import { isShownDate } from '../time/shownDates.ts'
import { Time } from '../time/Time.tsx'
import { useTimeZone } from '../time/zone.ts'
import { BulkActions } from './BulkActions.tsx'
import { RunDrawer } from './RunDrawer.tsx'
import {
  activeCount,
  activeFilter,
  allRuns,
  isNarrowed,
  runFilter,
  runListParams,
  shortRunSearch,
  stateFilters,
  stateNames,
  withOthers,
  type RunListSearch,
} from './runList.ts'
import { triggerNames, triggers } from './run.ts'
import { RunRow_run } from './RunRow.tsx'
import { RunsCsv } from './RunsCsv.tsx'
import { RunTable } from './RunTable.tsx'
import styles from './RunsPage.module.css'

const runsQuery = graphql(
  `
    query Runs(
      $filter: JSON!
      $first: Int!
      $after: String
      $schedule: BigInt!
      $ofSchedule: Boolean!
      $running: JSON!
      $countsRunning: Boolean!
      $waiting: JSON!
      $countsWaiting: Boolean!
    ) {
      findRuns(filter: $filter, maxCount: $first, after: $after) {
        runs(first: $first) {
          rowId
          status
          scheduledFor
          ...RunRow_run
        }
        next
        stoppedAt
      }
      running: findActiveRuns(filter: $running, maxCount: 36) @include(if: $countsRunning) {
        running
        runs(first: 36) {
          rowId
          status
          scheduledFor
          ...RunRow_run
        }
      }
      waiting: findActiveRuns(filter: $waiting, maxCount: 36) @include(if: $countsWaiting) {
        retrying
        queued
        waiting
        runs(first: 36) {
          rowId
          status
          scheduledFor
          ...RunRow_run
        }
      }
      schedule(rowId: $schedule) @include(if: $ofSchedule) {
        rowId
        name
      }
    }
  `,
  [RunRow_run],
)

const choicesQuery = graphql(`
  query RunChoices {
    scheduleLabels {
      tags
    }
    tasks(orderBy: [PRIMARY_KEY_ASC], first: 200) {
      nodes {
        identifier
      }
    }
    workers(orderBy: [STATUS_ASC, STARTED_AT_DESC], first: 200) {
      nodes {
        rowId
        name
      }
    }
  }
`)

const pageSize = 100

/** All runs, the newest first, as they happen; one of them in a drawer next to the list, which its page is opened from. */
export function RunsPage() {
  const search = useAddress(runListParams)
  const runId = search.run ?? undefined
  const navigate = useNavigate()
  const zone = useTimeZone()
  const short = shortRunSearch(search)
  const go = (next: RunListSearch, replace = true) =>
    void navigate({ to: '/runs', search: shortRunSearch(next), replace })

  const running = activeFilter(search, 'running', zone)
  const waiting = activeFilter(search, 'waiting', zone)
  const [{ data, error, fetching, asOf }, retry] = useLiveQuery(
    {
      query: runsQuery,
      variables: {
        filter: runFilter(search, zone),
        first: pageSize,
        after: search.after,
        schedule: search.schedule ?? '0',
        ofSchedule: search.schedule !== null,
        running: running ?? {},
        countsRunning: running !== null,
        waiting: waiting ?? {},
        countsWaiting: waiting !== null,
      },
    },
    { topics: ['runs'], ...(search.schedule !== null && { scheduleId: search.schedule }) },
  )
  const found = data?.findRuns
  const page = found?.runs ?? undefined
  const [runningNodes, waitingNodes] = [data?.running?.runs, data?.waiting?.runs]
  // What has been unfinished for longest is older than all of the newest page, and must not be missing from it.
  const runs = useMemo(
    () =>
      page === undefined || search.after !== null
        ? page
        : withOthers(page, [...(runningNodes ?? []), ...(waitingNodes ?? [])]),
    [page, runningNodes, waitingNodes, search.after],
  )
  const { shown, added, release, held, holder } = useHeldRows(
    runs,
    JSON.stringify({ ...search, run: null }),
    asOf !== undefined,
  )
  const [problem = null] = readProblems(error)
  const scroll = useRef<HTMLDivElement>(null)
  useKeptScroll(scroll, 'runs', shown !== undefined)

  return (
    <div className={styles['split']} data-open={runId !== undefined || undefined}>
      <div className={styles['list']}>
        <Filters
          search={search}
          go={(next) => go({ ...next, after: null, run: null })}
          scheduleName={data?.schedule?.name ?? null}
          zone={zone}
        />
        {added > 0 && (
          <button type="button" className={styles['newer']} onClick={release}>
            {added} new
          </button>
        )}
        <div className={styles['scroll']} ref={scroll}>
          <AnswerState
            isThere={shown !== undefined || problem === null}
            problem={problem}
            asOf={asOf}
            zone={zone}
            onTry={() => retry({ requestPolicy: 'network-only' })}
            skeleton={null}
          >
            {shown?.length === 0 && !isNarrowed(search) && search.after === null ? (
              <EmptyState
                title="No runs yet"
                sql={FIRST_STEPS.run}
                action={
                  <Button
                    size="xs"
                    leftSection={<IconPlayerPlay size={15} aria-hidden />}
                    renderRoot={(props) => <Link {...props} to="/schedules" />}
                  >
                    Trigger a schedule
                  </Button>
                }
              >
                The first one appears here when a schedule is due, or when someone triggers it:
              </EmptyState>
            ) : (
              <RunTable
                runs={shown}
                counts={{
                  running: activeCount(data?.running),
                  waiting: activeCount(data?.waiting),
                }}
                isSearched={found?.stoppedAt == null}
                zone={zone}
                selected={runId}
                search={short}
                held={held}
                holder={holder}
              />
            )}
          </AnswerState>
          {found && (
            <NewestOlder
              className={styles['pages']}
              isNewest={search.after === null}
              hasOlder={found.next !== null}
              isFetching={fetching && asOf === undefined}
              onNewest={() => go({ ...search, after: null }, false)}
              onOlder={() => go({ ...search, after: found.next }, false)}
              older={found.stoppedAt === null ? 'Older' : 'Search on'}
              note={
                found.stoppedAt !== null && (
                  <span className="small muted" role="status">
                    Searched back to <Time at={found.stoppedAt} zone={zone} />.
                  </span>
                )
              }
            />
          )}
        </div>
      </div>
      {runId !== undefined && (
        <RunDrawer
          key={runId}
          runId={runId}
          zone={zone}
          search={short}
          onClose={() => {
            document.getElementById(`run-${runId}`)?.focus()
            go({ ...search, run: null }, false)
          }}
        />
      )}
    </div>
  )
}

interface FiltersProps {
  search: RunListSearch
  go: (next: RunListSearch) => void
  scheduleName: string | null
  zone: string
}

/** What the list is narrowed to. */
function Filters({ search, go, scheduleName, zone }: FiltersProps) {
  const { canChange } = useSession()
  const [text, setText] = useState(search.q)
  const [hasMore, setHasMore] = useState(false)
  const find = useDebouncedCallback((q: string) => go({ ...search, q }), 250)
  // Asked for again with each visit: workers and labels are not a reason to ask more often.
  const [{ data }] = useQuery({ query: choicesQuery, requestPolicy: 'cache-and-network' })
  const tags = (data?.scheduleLabels?.tags ?? []).filter((tag) => tag !== null)
  const tasks = (data?.tasks?.nodes ?? []).map(({ identifier }) => identifier)
  const workers = (data?.workers?.nodes ?? []).map(({ rowId, name }) => ({
    value: rowId,
    label: `${name} #${rowId}`,
  }))
  const withChosen = <Choice,>(all: readonly Choice[], chosen: Choice | null, isIn: boolean) =>
    chosen === null || isIn ? [...all] : [chosen, ...all]
  const dayOf = (name: string, key: 'from' | 'to') => (
    <DateInput
      w={134}
      aria-label={`${name}, ${zone}`}
      title={`${name} (${zone})`}
      placeholder={name}
      value={search[key] ?? ''}
      zone={zone}
      onChange={(date) => (isShownDate(date) || date === '') && go({ ...search, [key]: date || null })}
    />
  )
  return (
    <div className={styles['filters']} role="search" data-open={hasMore || undefined}>
      <h1 className="visually-hidden">Runs</h1>
      <TextInput
        size="xs"
        type="search"
        aria-label="Search runs"
        placeholder="Schedule, #run, error"
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          find(event.currentTarget.value)
        }}
      />
      <Button
        className={styles['more'] ?? ''}
        size="xs"
        variant={isNarrowed(search) ? 'light' : 'default'}
        aria-expanded={hasMore}
        onClick={() => setHasMore(!hasMore)}
      >
        Filter
      </Button>
      <Select
        size="xs"
        w={150}
        aria-label="State"
        placeholder="Any state"
        clearable
        data={stateNames.map((value) => ({ value, label: stateFilters[value].label }))}
        value={search.state}
        onChange={(state) => go({ ...search, state: stateNames.find((one) => one === state) ?? null })}
      />
      {dayOf('From', 'from')}
      {dayOf('To', 'to')}
      <Select
        size="xs"
        w={136}
        aria-label="Task"
        placeholder="Any task"
        clearable
        searchable
        limit={100}
        comboboxProps={{ width: 'max-content' }}
        data={withChosen(tasks, search.task, search.task !== null && tasks.includes(search.task))}
        value={search.task}
        onChange={(task) => go({ ...search, task })}
      />
      <Select
        size="xs"
        w={124}
        aria-label="Tag"
        placeholder="Any tag"
        clearable
        searchable
        limit={100}
        data={withChosen(tags, search.tag, search.tag !== null && tags.includes(search.tag))}
        value={search.tag}
        onChange={(tag) => go({ ...search, tag })}
      />
      <Select
        size="xs"
        w={136}
        aria-label="Worker"
        placeholder="Any worker"
        clearable
        searchable
        limit={100}
        comboboxProps={{ width: 'max-content' }}
        data={withChosen(
          workers,
          search.worker === null ? null : { value: search.worker, label: `#${search.worker}` },
          workers.some(({ value }) => value === search.worker),
        )}
        value={search.worker}
        onChange={(worker) => go({ ...search, worker })}
      />
      <Select
        size="xs"
        w={126}
        aria-label="Trigger"
        placeholder="Any trigger"
        clearable
        data={triggers.map((value) => ({ value, label: triggerNames[value] }))}
        value={search.trigger}
        onChange={(trigger) => go({ ...search, trigger: triggers.find((one) => one === trigger) ?? null })}
      />
      <Button
        size="xs"
        variant={search.calm ? 'light' : 'default'}
        aria-pressed={search.calm}
        title="Hides the runs of schedules that run more than 12 times a day"
        onClick={() => go({ ...search, calm: !search.calm })}
      >
        Hide frequent
      </Button>
      {search.schedule !== null && (
        <Button
          size="xs"
          variant="light"
          rightSection={<IconX size={13} />}
          aria-label="Runs of all schedules"
          onClick={() => go({ ...search, schedule: null })}
        >
          {scheduleName ?? `Schedule ${search.schedule}`}
        </Button>
      )}
      {search.parent !== null && (
        <Button
          size="xs"
          variant="light"
          rightSection={<IconX size={13} />}
          aria-label="Runs without their children"
          onClick={() => go({ ...search, parent: null })}
        >
          Children of #{search.parent}
        </Button>
      )}
      {isNarrowed(search) && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            setText('')
            go({ ...allRuns, zone: search.zone })
          }}
        >
          Clear
        </Button>
      )}
      {canChange && isNarrowed(search) && search.parent === null && (
        <BulkActions search={search} zone={zone} />
      )}
      <RunsCsv search={search} zone={zone} />
      <span className={`small faint ${styles['zone']}`}>{zone}</span>
    </div>
  )
}
