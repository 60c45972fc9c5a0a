import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch, IconX } from '@tabler/icons-react'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import * as v from 'valibot'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { useTimeZone } from '../time/zone.ts'
import { RunDrawer } from './RunDrawer.tsx'
import {
  activeFilter,
  newerCount,
  runFilter,
  runListSearch,
  shortRunSearch,
  stateFilters,
  type RunListSearch,
} from './runList.ts'
import { RunRow_run } from './RunRow.tsx'
import { RunTable } from './RunTable.tsx'
import styles from './RunsPage.module.css'

const runsQuery = graphql(
  `
    query Runs(
      $filter: RunFilter!
      $first: Int!
      $schedule: BigInt!
      $ofSchedule: Boolean!
      $active: RunFilter!
      $countsActive: Boolean!
    ) {
      runs(filter: $filter, orderBy: [SCHEDULED_FOR_DESC, ROW_ID_DESC], first: $first) {
        nodes {
          rowId
          status
          scheduledFor
          ...RunRow_run
        }
        pageInfo {
          hasNextPage
        }
      }
      active: runs(filter: $active) @include(if: $countsActive) {
        totalCount
      }
      schedule(rowId: $schedule) @include(if: $ofSchedule) {
        rowId
        name
      }
    }
  `,
  [RunRow_run],
)

const pageSize = 60
/** The server answers no more at once. */
const mostRows = 2_000
const stateNames = ['active', 'failed', 'succeeded', 'skipped'] as const

/** All runs, the newest first, as they happen; one of them in a drawer next to the list. */
export function RunsPage() {
  const search = v.parse(runListSearch, useSearch({ strict: false }))
  const { runId } = useParams({ strict: false })
  const navigate = useNavigate()
  const zone = useTimeZone()
  const [count, setCount] = useState(pageSize)
  const [text, setText] = useState(search.q)
  const scroller = useRef<HTMLDivElement>(null)
  const [held, setHeld] = useState<string | null>(null)
  const short = shortRunSearch(search)
  const go = (next: RunListSearch) => {
    setHeld(null)
    void navigate({ to: '/runs', search: shortRunSearch(next), replace: true })
  }
  const find = useDebouncedCallback((q: string) => go({ ...search, q }), 250)

  const goingOn = activeFilter(search)
  const [{ data, error, fetching }, retry] = useLiveQuery(
    {
      query: runsQuery,
      variables: {
        filter: runFilter(search),
        first: count,
        schedule: search.schedule ?? '0',
        ofSchedule: search.schedule !== null,
        active: goingOn ?? {},
        countsActive: goingOn !== null,
      },
    },
    { topics: ['runs'], ...(search.schedule !== null && { scheduleId: search.schedule }) },
  )
  const runs = data?.runs?.nodes
  const newer = newerCount(runs ?? [], held)
  const [problem] = readProblems(error)
  const toTop = () => {
    setHeld(null)
    scroller.current?.scrollTo({ top: 0 })
  }

  return (
    <div className={styles.split} data-open={runId !== undefined || undefined}>
      <div className={styles.list}>
        <div className={styles.filters}>
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
          <Select
            size="xs"
            w={170}
            aria-label="State"
            placeholder="Any state"
            clearable
            data={stateNames.map((value) => ({ value, label: stateFilters[value].label }))}
            value={search.state}
            onChange={(state) => go({ ...search, state: stateNames.find((one) => one === state) ?? null })}
          />
          {search.schedule !== null && (
            <Button
              size="xs"
              variant="light"
              rightSection={<IconX size={13} />}
              aria-label="Runs of all schedules"
              onClick={() => go({ ...search, schedule: null })}
            >
              {data?.schedule?.name ?? `Schedule ${search.schedule}`}
            </Button>
          )}
          <span className={`small faint ${styles.zone}`}>{zone}</span>
        </div>
        {newer > 0 && (
          <button type="button" className={styles.newer} onClick={toTop}>
            {newer} new
          </button>
        )}
        <div
          ref={scroller}
          className={styles.scroll}
          onScroll={(event) => {
            const atTop = event.currentTarget.scrollTop <= 0
            if (atTop) setHeld(null)
            else setHeld((before) => before ?? runs?.[0]?.rowId ?? null)
          }}
        >
          {problem && (
            <ProblemNote
              problem={problem}
              action={
                <Button size="xs" variant="default" onClick={() => retry({ requestPolicy: 'network-only' })}>
                  Try again
                </Button>
              }
            />
          )}
          {runs?.length === 0 && Object.keys(short).length === 0 ? (
            <p className={styles.none}>
              No runs yet. The first one shows here when a schedule is due, or when someone triggers it.{' '}
              <Link className="accent-link" to="/schedules">
                Schedules
              </Link>
            </p>
          ) : (
            <RunTable
              runs={runs?.slice(newer)}
              activeCount={data?.active?.totalCount ?? 0}
              zone={zone}
              selected={runId}
              search={short}
            />
          )}
          {data?.runs?.pageInfo.hasNextPage && count >= mostRows && (
            <p className="muted small">Narrow the filter to see older runs.</p>
          )}
          {data?.runs?.pageInfo.hasNextPage && count < mostRows && (
            <Button
              size="xs"
              variant="default"
              m="md"
              loading={fetching}
              onClick={() => setCount(Math.min(count + pageSize, mostRows))}
            >
              Show older
            </Button>
          )}
        </div>
      </div>
      {runId !== undefined && (
        <RunDrawer
          key={runId}
          runId={runId}
          zone={zone}
          onClose={() => void navigate({ to: '/runs', search: short })}
        />
      )}
    </div>
  )
}
