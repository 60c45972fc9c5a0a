import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useAddress, useCorrection } from '../../address/useAddress.ts'
import { countedRows } from '../../../../shared/counts.ts'
import { FIRST_STEPS } from '../../../../shared/firstSteps.ts'
import { readProblems } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { AnswerState } from '../../panel/AnswerState.tsx'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { useKeptScroll } from '../../panel/keptScroll.ts'
import { useHeldRows } from '../../panel/useHeldRows.ts'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import { Advice } from './Advice.tsx'
import { LabelSelect } from '../labels/LabelSelect.tsx'
import { useScheduleLabels } from '../labels/useScheduleLabels.ts'
import {
  isNarrowed,
  orderOf,
  scheduleFilter,
  scheduleKinds,
  scheduleListParams,
  scheduleStatuses,
  shortSearch,
  sortedBy,
  widened,
  type ScheduleListSearch,
} from './scheduleList.ts'
import { ScheduleRow_schedule } from './ScheduleRow.tsx'
import { ScheduleTable } from './ScheduleTable.tsx'
import styles from './SchedulesPage.module.css'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import { kindNames } from '../rule.ts'
import { statusNames } from '../scheduleStatus.ts'
import { useRestore } from '../useRestore.tsx'
import { WarningsContext } from '../warnings/scheduleWarnings.ts'
import { useScheduleWarnings } from '../warnings/useScheduleWarnings.ts'
import { useLastOutcomes } from './useLastOutcomes.ts'

const listQuery = graphql(
  `
    query Schedules($filter: ScheduleFilter!, $orderBy: [ScheduleOrderBy!]!, $first: Int!, $offset: Int!) {
      schedules(filter: $filter, orderBy: $orderBy, first: $first, offset: $offset) {
        totalCount
        nodes {
          rowId
          ...ScheduleRow_schedule
        }
        pageInfo {
          hasNextPage
        }
      }
      own: schedules(first: 1, filter: { deletedAt: { isNull: true }, isSystem: { equalTo: false } }) {
        nodes {
          rowId
        }
      }
    }
  `,
  [ScheduleRow_schedule],
)

const pageSize = 100

const choices = (names: Record<string, string>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }))

/** All schedules, with search, filters, order and page in the address. */
export function SchedulesPage() {
  const search = useAddress(scheduleListParams)
  const navigate = useNavigate()
  const zone = useTimeZone()
  const { canChange } = useSession()
  const go = (next: ScheduleListSearch) =>
    void navigate({ to: '/schedules', search: shortSearch(next), replace: true })

  const [{ data, error, fetching, asOf }, retry] = useLiveQuery(
    {
      query: listQuery,
      variables: {
        filter: scheduleFilter(search),
        orderBy: [...orderOf(search)],
        first: pageSize,
        offset: (search.page - 1) * pageSize,
      },
    },
    { topics: ['schedules', 'runs'] },
  )
  const restore = useRestore(() => retry({ requestPolicy: 'network-only' }))
  const schedules = data?.schedules
  const last = Math.max(1, Math.ceil((schedules?.totalCount ?? 0) / pageSize))
  const isBeyond = schedules?.nodes.length === 0 && search.page > last && asOf === null
  useCorrection(isBeyond ? [`There is no page ${search.page}; showing the last.`] : [], (state) => {
    void navigate({ to: '/schedules', search: shortSearch({ ...search, page: last }), replace: true, state })
  })
  const { shown, added, release, holder } = useHeldRows(
    schedules?.nodes,
    JSON.stringify(search),
    asOf !== undefined,
  )
  const warnings = useScheduleWarnings()
  const outcomes = useLastOutcomes(shown?.map(({ rowId }) => rowId) ?? [])
  const [problem = null] = readProblems(error)
  const scroll = useRef<HTMLDivElement>(null)
  useKeptScroll(scroll, 'schedules', shown !== undefined)
  const nothingAtAll = data?.own?.nodes.length === 0 && !isNarrowed(search)

  return (
    <div className="page" ref={scroll}>
      <header className="page-head">
        <div className="grow">
          <h1 className="visually-hidden">Schedules</h1>
          <p>
            {schedules
              ? `${countedRows(schedules.totalCount)} ${isNarrowed(search) ? 'match' : 'in all'}`
              : '\u00a0'}
          </p>
        </div>
        <Filters search={search} go={go} />
      </header>
      <Advice />
      {nothingAtAll && (
        <EmptyState
          title="No schedules yet"
          sql={FIRST_STEPS.schedule}
          action={canChange ? <NewSchedule /> : undefined}
        >
          A schedule defines what runs and when.{' '}
          {canChange ? 'Create one here or in SQL' : 'You can create one in SQL'}:
        </EmptyState>
      )}
      <AnswerState
        isThere={shown !== undefined || problem === null}
        problem={problem}
        asOf={asOf}
        zone={zone}
        onTry={() => retry({ requestPolicy: 'network-only' })}
        skeleton={null}
      >
        {!(nothingAtAll && shown?.length === 0) && (
          <div className={styles['held']}>
            {added > 0 && (
              <button type="button" className={styles['newer']} onClick={release}>
                {added} new
              </button>
            )}
            <WarningsContext value={warnings}>
              <ScheduleTable
                schedules={shown}
                outcomes={outcomes}
                zone={zone}
                sort={search.sort}
                descending={search.descending}
                onSort={(column) => go(sortedBy(search, column))}
                onTag={(tag) => go({ ...search, tag, page: 1 })}
                onRestore={
                  canChange
                    ? (schedule) => void restore(schedule).then((refused) => void tellRefusal(refused))
                    : null
                }
                holder={holder}
              />
            </WarningsContext>
          </div>
        )}
        {schedules && (search.page > 1 || schedules.pageInfo.hasNextPage) && (
          <nav className={styles['pages']} aria-label="Pages">
            <Button
              size="xs"
              variant="default"
              disabled={search.page === 1}
              onClick={() => go({ ...search, page: search.page - 1 })}
            >
              Previous
            </Button>
            {asOf !== undefined && (
              <span>
                {((search.page - 1) * pageSize + 1).toLocaleString('en-GB')}–
                {((search.page - 1) * pageSize + schedules.nodes.length).toLocaleString('en-GB')} of{' '}
                {countedRows(schedules.totalCount)}
              </span>
            )}
            <Button
              size="xs"
              variant="default"
              loading={fetching && asOf === undefined}
              disabled={!schedules.pageInfo.hasNextPage}
              onClick={() => go({ ...search, page: search.page + 1 })}
            >
              Next
            </Button>
          </nav>
        )}
      </AnswerState>
    </div>
  )
}

interface FiltersProps {
  search: ScheduleListSearch
  go: (next: ScheduleListSearch) => void
}

/** What the list is narrowed to. */
function Filters({ search, go }: FiltersProps) {
  const [text, setText] = useState(search.q)
  const find = useDebouncedCallback((q: string) => go({ ...search, q, page: 1 }), 200)
  const { tags, creators, tasks } = useScheduleLabels()
  const one = <Value extends string>(all: readonly Value[], chosen: string | null) =>
    all.find((value) => value === chosen) ?? null
  return (
    <div className={styles['filters']} role="search">
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
        w={122}
        aria-label="Status"
        placeholder="Any status"
        clearable
        data={choices(statusNames)}
        value={search.status}
        onChange={(status) => go({ ...search, status: one(scheduleStatuses, status), page: 1 })}
      />
      <Select
        size="xs"
        w={112}
        aria-label="Kind"
        placeholder="Any kind"
        clearable
        data={choices(kindNames)}
        value={search.kind}
        onChange={(kind) => go({ ...search, kind: one(scheduleKinds, kind), page: 1 })}
      />
      <LabelSelect
        name="Task"
        labels={tasks}
        value={search.task}
        onChange={(task) => go({ ...search, task, page: 1 })}
      />
      <LabelSelect
        name="Tag"
        labels={tags}
        value={search.tag}
        onChange={(tag) => go({ ...search, tag, page: 1 })}
      />
      <LabelSelect
        name="Creator"
        labels={creators}
        value={search.by}
        onChange={(by) => go({ ...search, by, page: 1 })}
      />
      {isNarrowed(search) && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            setText('')
            go(widened(search))
          }}
        >
          Clear
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
