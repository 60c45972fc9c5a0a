import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconBriefcase, IconPlus } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMutation, type CombinedError } from 'urql'
import { FIRST_STEPS } from '../../../shared/firstSteps.ts'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { EmptyState } from '../panel/EmptyState.tsx'
import { useOwnProblem } from '../panel/ownProblem.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { useSession } from '../session/useSession.ts'
import { useTimeZone } from '../time/zone.ts'
import { BusinessDaysForm, type BusinessDays } from './BusinessDaysForm.tsx'
import { CalendarForm, type CalendarDraft } from './CalendarForm.tsx'
import { CalendarTable } from './CalendarTable.tsx'

const listQuery = graphql(`
  query ExclusionCalendars {
    exclusionCalendars(orderBy: [NAME_ASC], first: 500) {
      nodes {
        rowId
        name
        timezone
        description
        entries: calendarEntriesByCalendarId {
          totalCount
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
`)

const createMutation = graphql(`
  mutation CreateCalendar($name: String!, $timezone: String, $description: String) {
    createCalendar(input: { name: $name, timezone: $timezone, description: $description }) {
      result {
        rowId
        name
      }
    }
  }
`)

const businessDaysMutation = graphql(`
  mutation CreateBusinessDays($name: String!, $timezone: String, $weekend: String!) {
    createBusinessDays(input: { name: $name, timezone: $timezone, weekend: $weekend }) {
      result {
        rowId
        name
      }
    }
  }
`)

/** All exclusion calendars, and which schedules use them. */
export function ExclusionsPage() {
  const zone = useTimeZone()
  const navigate = useNavigate()
  const { canChange } = useSession()
  const [{ data, error }, retry] = useLiveQuery(
    { query: listQuery, variables: {} },
    { topics: ['schedules'] },
  )
  const [, create] = useMutation(createMutation)
  const [, createBusinessDays] = useMutation(businessDaysMutation)
  const calendars = data?.exclusionCalendars?.nodes
  const problem = useOwnProblem(readProblems(error)[0], calendars !== undefined)

  const open = (made: { rowId: string } | null | undefined, refused: CombinedError | undefined) => {
    if (made) {
      modals.closeAll()
      void navigate({ to: '/exclusions/$calendarId', params: { calendarId: made.rowId } })
    }
    return readProblems(refused)[0] ?? null
  }
  const make = async ({ name, timezone, description }: CalendarDraft) => {
    const variables = {
      name: name.trim().normalize('NFC'),
      timezone,
      description: description.trim() || null,
    }
    const { data, error } = await create(variables)
    return open(data?.createCalendar?.result, error)
  }
  const makeBusinessDays = async (draft: BusinessDays) => {
    const { data, error } = await createBusinessDays(draft)
    return open(data?.createBusinessDays?.result, error)
  }
  const askForCalendar = () =>
    modals.open({
      title: 'New calendar',
      children: (
        <CalendarForm
          initial={{ name: '', timezone: zone, description: '' }}
          submitLabel="Create calendar"
          onSubmit={make}
        />
      ),
    })
  const askForBusinessDays = () =>
    modals.open({
      title: 'Business days',
      children: <BusinessDaysForm zone={zone} onSubmit={makeBusinessDays} />,
    })

  const buttons = canChange && (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconBriefcase size={15} aria-hidden />}
        onClick={askForBusinessDays}
      >
        Business days
      </Button>
      <Button size="xs" leftSection={<IconPlus size={15} aria-hidden />} onClick={askForCalendar}>
        New calendar
      </Button>
    </>
  )

  return (
    <div className="page">
      <header className="page-head">
        <div className="grow">
          <h1 className="visually-hidden">Exclusions</h1>
          <p>Times at which schedules do not run: weekends, holidays, freezes.</p>
        </div>
        {calendars !== undefined && calendars.length > 0 && buttons}
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
      {calendars?.length === 0 ? (
        <EmptyState
          title="No calendars yet"
          sql={FIRST_STEPS.calendar}
          action={<div className="empty-actions">{buttons}</div>}
        >
          A calendar names times at which the schedules that follow it do not run.{' '}
          {canChange ? 'Create one here or in SQL' : 'You can create one in SQL'}:
        </EmptyState>
      ) : (
        (calendars !== undefined || problem === null) && (
          <CalendarTable
            calendars={calendars?.map(({ entries, ...calendar }) => ({
              ...calendar,
              entryCount: entries.totalCount,
              users: (data?.schedules?.nodes ?? []).filter((schedule) =>
                schedule.calendars.includes(calendar.name),
              ),
            }))}
            calendarLink={(calendarId, name) => (
              <Link to="/exclusions/$calendarId" params={{ calendarId }}>
                <b style={{ fontWeight: 500 }}>{name}</b>
              </Link>
            )}
          />
        )
      )}
    </div>
  )
}
