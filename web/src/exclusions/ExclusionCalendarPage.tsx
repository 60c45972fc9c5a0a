import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { useWindowTitle } from '../panel/pageTitle.ts'
import { namedRow } from '../panel/namedRow.ts'
import { EmptyState } from '../panel/EmptyState.tsx'
import { PageSkeleton } from '../panel/PageSkeleton.tsx'
import { PageHeading } from '../panel/PageHeading.tsx'
import { Panel } from '../panel/Panel.tsx'
import { useOwnProblem } from '../panel/ownProblem.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { useSession } from '../session/useSession.ts'
import { IntervalFragment } from '../time/interval.ts'
import { useTimeZone } from '../time/zone.ts'
import { AddEntryForm } from './AddEntryForm.tsx'
import { CalendarForm } from './CalendarForm.tsx'
import { EntryTable } from './EntryTable.tsx'
import { ImportForm } from './ImportForm.tsx'
import { NextExcluded } from './NextExcluded.tsx'
import { RuleList, type CalendarRule } from './RuleList.tsx'
import { useCalendarChanges } from './useCalendarChanges.ts'
import { useWindows } from './useWindows.ts'
import styles from './Exclusions.module.css'

const calendarQuery = graphql(
  `
    query ExclusionCalendar($id: BigInt!) {
      exclusionCalendar(rowId: $id) {
        rowId
        name
        timezone
        description
        createdBy
        entries: calendarEntriesByCalendarId(orderBy: [ROW_ID_ASC], first: 2000) {
          nodes {
            rowId
            label
            startsOn
            endsOn
            startsAt
            endsAt
            cronExpression
            duration {
              ...Interval
            }
            source
            timezone
          }
        }
        rules: calendarRulesByCalendarId(orderBy: [ROW_ID_ASC], first: 500) {
          nodes {
            rowId
            label
            knownUntil
            source
          }
        }
      }
      schedules(first: 5000, filter: { deletedAt: { isNull: true }, calendars: { notEqualTo: [] } }) {
        nodes {
          rowId
          name
          calendars
        }
      }
    }
  `,
  [IntervalFragment],
)

/** An exclusion calendar: what it excludes, and which schedules use it. */
export function ExclusionCalendarPage() {
  const { calendarId = '0' } = useParams({ strict: false })
  const shown = useTimeZone()
  const navigate = useNavigate()
  const { canChange } = useSession()
  const [{ data, error }, execute] = useLiveQuery(
    { query: calendarQuery, variables: { id: namedRow(calendarId) } },
    { topics: ['schedules'] },
  )
  const refetch = () => execute({ requestPolicy: 'network-only' })
  const changes = useCalendarChanges(refetch)
  const [refused, setRefused] = useState<Problem | null>(null)
  const calendar = data?.exclusionCalendar
  const problem = useOwnProblem(readProblems(error)[0], calendar !== undefined)
  useWindowTitle(calendar?.name)

  if (!calendar) {
    return (
      <div className="page" aria-busy={calendar === undefined && problem === null}>
        {problem && (
          <ProblemNote
            problem={problem}
            action={
              <Button size="xs" variant="default" onClick={refetch}>
                Try again
              </Button>
            }
          />
        )}
        {calendar === undefined && problem === null && <PageSkeleton />}
        {calendar === null && (
          <EmptyState
            title={`There is no calendar ${calendarId}`}
            action={<Link to="/exclusions">All calendars</Link>}
          >
            It may have been deleted.
          </EmptyState>
        )}
      </div>
    )
  }

  const { name } = calendar
  const zone = calendar.timezone ?? shown
  const entries = calendar.entries.nodes
  const rules = calendar.rules.nodes
  const users = (data.schedules?.nodes ?? []).filter((schedule) => schedule.calendars.includes(name))

  const edit = () =>
    modals.open({
      title: `Edit ${name}`,
      children: (
        <CalendarForm
          initial={{ name, timezone: calendar.timezone, description: calendar.description ?? '' }}
          submitLabel="Save changes"
          onSubmit={async (draft) => {
            const problem = await changes.update(name, draft)
            if (problem === null) modals.closeAll()
            return problem
          }}
        />
      ),
    })
  const remove = async () => {
    const problem = await changes.remove(name)
    setRefused(problem)
    if (problem !== null) return
    notifications.show({ message: `Calendar ${name} deleted` })
    await navigate({ to: '/exclusions' })
  }
  const askToRemove = () =>
    modals.openConfirmModal({
      title: `Delete ${name}?`,
      children: `Its ${entries.length === 1 ? 'entry is' : `${entries.length} entries are`} deleted too. This cannot be undone.`,
      labels: { confirm: 'Delete', cancel: 'Keep' },
      confirmProps: { color: 'red' },
      onConfirm: () => void remove(),
    })
  const take = async (rowId: string, label: string) => {
    if (!tellRefusal(await changes.removeEntry(rowId))) notifications.show({ message: `Removed ${label}` })
  }

  const takeRule = async ({ rowId, label }: CalendarRule) => {
    if (!tellRefusal(await changes.removeRule(rowId)))
      notifications.show({ message: `Removed ${label ?? 'the series'} and its entries` })
  }

  return (
    <div className="page">
      <header className="page-head">
        <div className="grow">
          <PageHeading>{name}</PageHeading>
          <p>
            {calendar.timezone === null ? 'In each schedule’s own time zone' : calendar.timezone}
            {calendar.description !== null && ` · ${calendar.description}`}
          </p>
        </div>
        {canChange && (
          <>
            <Button size="xs" variant="default" leftSection={<IconEdit size={15} />} onClick={edit}>
              Edit
            </Button>
            <Button
              size="xs"
              variant="default"
              c="var(--text-danger)"
              leftSection={<IconTrash size={15} />}
              onClick={askToRemove}
            >
              Delete
            </Button>
          </>
        )}
      </header>
      <div className="columns">
        <div className="stack">
          {refused !== null && <ProblemNote problem={refused} />}
          <Panel
            title="Entries"
            padded={false}
            aside={calendar.timezone === null ? `Blackouts in ${zone}` : zone}
          >
            {entries.length === 0 ? (
              <EmptyState
                title="It excludes nothing yet"
                sql={`select almanac.exclude_dates('${name.replaceAll("'", "''")}', '2026-12-25', label => 'Christmas');`}
              >
                {canChange ? 'Add dates, a blackout or a recurring window' : 'You can add dates in SQL'}:
              </EmptyState>
            ) : (
              <EntryTable
                entries={entries}
                zone={zone}
                onRemove={canChange ? ({ rowId, label }) => void take(rowId, label ?? 'the entry') : null}
              />
            )}
          </Panel>
        </div>
        <div className="stack">
          {canChange && (
            <Panel title="Add">
              <AddEntryForm zone={zone} useWindows={useWindows} onAdd={(entry) => changes.add(name, entry)} />
            </Panel>
          )}
          {canChange && (
            <Panel title="Import">
              <ImportForm
                timezone={calendar.timezone}
                zone={zone}
                onImport={(source, found) => changes.importEntries(name, source, found)}
              />
            </Panel>
          )}
          {rules.length > 0 && (
            <Panel title="Ongoing series">
              <RuleList rules={rules} onRemove={canChange ? (rule) => void takeRule(rule) : null} />
            </Panel>
          )}
          {entries.length > 0 && (
            <NextExcluded key={entries.map(({ rowId }) => rowId).join()} calendar={name} zone={zone} />
          )}
          <Panel title="Used by" aside={users.length > 0 && String(users.length)}>
            {users.length === 0 ? (
              <p className="muted small">No schedule. Choose it in a schedule’s form.</p>
            ) : (
              <ul className={styles.users}>
                {users.map((user) => (
                  <li key={user.rowId}>
                    <Link
                      className="accent-link"
                      to="/schedules/$scheduleId"
                      params={{ scheduleId: user.rowId }}
                    >
                      {user.name}
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </div>
      </div>
    </div>
  )
}
