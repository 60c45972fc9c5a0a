import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import * as v from 'valibot'
import { countedRows } from '../../../../shared/counts.ts'
import { readProblems } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import {
  scheduleFilter,
  scheduleListSearch,
  scheduleStatuses,
  shortSearch,
  sortColumns,
  sortedBy,
  type ScheduleListSearch,
} from './scheduleList.ts'
import { ScheduleRow_schedule } from './ScheduleRow.tsx'
import { ScheduleTable } from './ScheduleTable.tsx'

const listQuery = graphql(
  `
    query Schedules($filter: ScheduleFilter!, $orderBy: [ScheduleOrderBy!]!, $first: Int!) {
      schedules(filter: $filter, orderBy: $orderBy, first: $first) {
        totalCount
        nodes {
          rowId
          ...ScheduleRow_schedule
        }
      }
      own: schedules(first: 1, filter: { deletedAt: { isNull: true }, isSystem: { equalTo: false } }) {
        totalCount
      }
    }
  `,
  [ScheduleRow_schedule],
)

const pageSize = 100
/** The server answers no more at once. */
const mostRows = 2_000

const firstSql = `select almanac.schedule_cron(
  'hourly-vacuum', '0 * * * *', 'almanac:sql',
  '{"statement": "vacuum analyze"}',
  timezone => 'Europe/Paris');`

/** All schedules, with search, filter and order in the address. */
export function SchedulesPage() {
  const search = v.parse(scheduleListSearch, useSearch({ strict: false }))
  const navigate = useNavigate()
  const zone = useTimeZone()
  const { canChange } = useSession()
  const [count, setCount] = useState(pageSize)
  const [text, setText] = useState(search.q)
  const go = (next: ScheduleListSearch) =>
    void navigate({ to: '/schedules', search: shortSearch(next), replace: true })
  const find = useDebouncedCallback((q: string) => go({ ...search, q }), 200)

  const [{ data, error, fetching }, retry] = useLiveQuery(
    {
      query: listQuery,
      variables: {
        filter: scheduleFilter(search),
        orderBy: [sortColumns[search.sort][search.descending ? 1 : 0], 'ROW_ID_ASC'],
        first: count,
      },
    },
    { topics: ['schedules', 'runs'] },
  )
  const schedules = data?.schedules
  const [problem] = readProblems(error)
  const nothingAtAll = data?.own?.totalCount === 0 && search.q === '' && search.status === null

  return (
    <div className="page">
      <header className="page-head">
        <div className="grow">
          <h1 className="visually-hidden">Schedules</h1>
          <p>{schedules ? `${countedRows(schedules.totalCount)} in all` : '\u00a0'}</p>
        </div>
        <TextInput
          size="xs"
          type="search"
          aria-label="Search schedules"
          placeholder="Name or task"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            find(event.currentTarget.value)
          }}
        />
        <Select
          size="xs"
          w={130}
          aria-label="Status"
          placeholder="Any status"
          clearable
          data={scheduleStatuses.map((value) => ({
            value,
            label: value.replace(/^./, (c) => c.toUpperCase()),
          }))}
          value={search.status}
          onChange={(status) =>
            go({ ...search, status: scheduleStatuses.find((one) => one === status) ?? null })
          }
        />
      </header>
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
      {nothingAtAll && (
        <EmptyState title="No schedules yet" sql={firstSql} action={canChange ? <NewSchedule /> : undefined}>
          A schedule defines what runs and when.{' '}
          {canChange ? 'Create one here or in SQL' : 'You can create one in SQL'}:
        </EmptyState>
      )}
      {(nothingAtAll ? (schedules?.totalCount ?? 0) > 0 : schedules || fetching) && (
        <ScheduleTable
          schedules={schedules?.nodes}
          zone={zone}
          sort={search.sort}
          descending={search.descending}
          onSort={(column) => go(sortedBy(search, column))}
        />
      )}
      {schedules && schedules.totalCount > schedules.nodes.length && count >= mostRows && (
        <p className="muted small">Narrow the filter to see more.</p>
      )}
      {schedules && schedules.totalCount > schedules.nodes.length && count < mostRows && (
        <Button
          size="xs"
          variant="default"
          mt="md"
          onClick={() => setCount(Math.min(count + pageSize, mostRows))}
          loading={fetching}
        >
          Show {Math.min(pageSize, schedules.totalCount - schedules.nodes.length)} more
        </Button>
      )}
    </div>
  )
}

function NewSchedule() {
  return (
    <Button
      size="xs"
      leftSection={<IconPlus size={15} />}
      renderRoot={(props) => <Link {...props} to="/schedules/new" />}
    >
      New schedule
    </Button>
  )
}
