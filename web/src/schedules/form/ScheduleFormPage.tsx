import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { Link, useBlocker, useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import { PATHS } from '../../../../shared/paths.ts'
import { changesOf, definitionOf, draftOf, emptyDraft, type Draft } from './draft.ts'
import { keepDraft, keptDraft } from './keptDraft.ts'
import { ScheduleForm } from './ScheduleForm.tsx'
import styles from './ScheduleForm.module.css'
import { useChangePreview } from './useChangePreview.ts'
import { usePreview } from './usePreview.ts'

const formQuery = graphql(`
  query ScheduleForm($id: BigInt!, $saved: Boolean!) {
    tasks(orderBy: [IDENTIFIER_ASC], first: 1000) {
      nodes {
        identifier
        label
        description
        available
      }
    }
    exclusionCalendars(orderBy: [NAME_ASC], first: 500) {
      nodes {
        rowId
        name
      }
    }
    schedule(rowId: $id) @include(if: $saved) {
      rowId
      name
      isSystem
      description
      kind
      cronExpression
      every {
        years
        months
        days
        hours
        minutes
        seconds
      }
      runAt
      timezone
      startsAt
      endsAt
      taskIdentifier
      payload
      priority
      jitter {
        years
        months
        days
        hours
        minutes
        seconds
      }
      calendars
      exclusionPolicy
      overlapPolicy
      missedRunPolicy
      maxAttempts
      retryDelay {
        years
        months
        days
        hours
        minutes
        seconds
      }
      timeout {
        years
        months
        days
        hours
        minutes
        seconds
      }
      tags
      maxRuns
      maxConcurrent
      retryBackoff
      retryCeiling {
        years
        months
        days
        hours
        minutes
        seconds
      }
      lateTolerance {
        years
        months
        days
        hours
        minutes
        seconds
      }
      catchupWindow {
        years
        months
        days
        hours
        minutes
        seconds
      }
    }
  }
`)

const createMutation = graphql(`
  mutation CreateSchedule($definition: JSON!) {
    createSchedule(input: { definition: $definition }) {
      result {
        rowId
        name
      }
    }
  }
`)

const updateMutation = graphql(`
  mutation UpdateSchedule($id: BigInt!, $changes: JSON!) {
    updateSchedule(input: { scheduleId: $id, changes: $changes }) {
      result {
        rowId
        name
      }
    }
  }
`)

/** Create a schedule, or change the one in the address. */
export function ScheduleFormPage() {
  const { scheduleId } = useParams({ strict: false })
  const zone = useTimeZone()
  const [{ data, error }, retry] = useQuery({
    query: formQuery,
    variables: { id: scheduleId ?? '0', saved: scheduleId !== undefined },
    requestPolicy: 'cache-and-network',
  })
  const [first, setFirst] = useState<Draft | null>(null)

  const { status, canChange } = useSession()
  if (status === 'signed-in' && !canChange) {
    return (
      <div className="page">
        <EmptyState
          title="You have read-only access"
          sql="update almanac.users set role = 'operator' where username = '…';"
        >
          Operators and admins create schedules. An admin can give you the role:
        </EmptyState>
      </div>
    )
  }

  if (scheduleId !== undefined && data?.schedule?.isSystem === true) {
    return (
      <div className="page">
        <EmptyState
          title={`${data.schedule.name} is a system schedule`}
          action={
            <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
              View it
            </Link>
          }
        >
          A system schedule cannot be changed or deleted.
        </EmptyState>
      </div>
    )
  }

  if (first === null && data !== undefined) {
    if (scheduleId === undefined) setFirst(emptyDraft(zone))
    else if (data.schedule) setFirst(draftOf(data.schedule))
  }
  if (first !== null && data !== undefined) {
    const calendars = data.exclusionCalendars?.nodes.map(({ name }) => name) ?? []
    return <Editor {...{ scheduleId, initial: first, tasks: data.tasks?.nodes ?? [], calendars, zone }} />
  }
  const [problem] = readProblems(error)
  if (problem === undefined && scheduleId !== undefined && data?.schedule === null) {
    return (
      <div className="page">
        <EmptyState
          title={`There is no schedule ${scheduleId}`}
          action={<Link to="/schedules">All schedules</Link>}
        >
          It may have been permanently deleted.
        </EmptyState>
      </div>
    )
  }
  return (
    <div className="page">
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
    </div>
  )
}

interface EditorProps extends Pick<
  Parameters<typeof ScheduleForm>[0],
  'initial' | 'tasks' | 'calendars' | 'zone'
> {
  scheduleId: string | undefined
}

const formId = 'schedule-form'

function Editor({ scheduleId, initial, tasks, calendars, zone }: EditorProps) {
  const navigate = useNavigate()
  const [creation, create] = useMutation(createMutation)
  const [update, change] = useMutation(updateMutation)
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const isNew = scheduleId === undefined
  const address = isNew ? PATHS.scheduleNew : `${PATHS.schedules}/${scheduleId}/edit`
  const [kept, setKept] = useState(() => keptDraft(address))
  const dirty = useRef(kept !== null)
  const saving = creation.fetching || update.fetching

  useBlocker({
    shouldBlockFn: async () => {
      if (!dirty.current) return false
      const stays = await askToLeave()
      if (!stays) keepDraft(address, null)
      return stays
    },
    enableBeforeUnload: () => dirty.current,
  })

  const useDraftPreview = (draft: Draft) => usePreview(draft, scheduleId ?? null)

  const save = async (draft: Draft) => {
    const { saved, error } = isNew
      ? await create({ definition: definitionOf(draft) }).then(({ data, error }) => ({
          saved: data?.createSchedule?.result,
          error,
        }))
      : await change({ id: scheduleId, changes: changesOf(draft, initial) }).then(({ data, error }) => ({
          saved: data?.updateSchedule?.result,
          error,
        }))
    setProblems(readProblems(error))
    if (!saved) return
    dirty.current = false
    keepDraft(address, null)
    notifications.show({ message: isNew ? `Schedule ${saved.name} created` : `Schedule ${saved.name} saved` })
    await navigate({ to: '/schedules/$scheduleId', params: { scheduleId: saved.rowId } })
  }

  return (
    <ScheduleForm
      id={formId}
      initial={initial}
      tasks={tasks}
      zone={zone}
      usePreview={useDraftPreview}
      {...(isNew ? {} : { useChangePreview })}
      calendars={calendars}
      calendarsLink={
        <Link className="accent-link" to="/exclusions" target="_blank">
          Exclusion calendars
        </Link>
      }
      problems={problems}
      onSubmit={(draft) => void save(draft)}
      key={kept === null ? 'fresh' : 'kept'}
      kept={kept}
      isNew={isNew}
      onDraftChange={(draft) => {
        dirty.current = draft !== null
        keepDraft(address, draft)
      }}
      header={
        <header className="page-head">
          <div className="grow">
            <h1 className={isNew ? 'visually-hidden' : undefined}>{isNew ? 'New schedule' : initial.name}</h1>
          </div>
          {kept !== null && (
            <p className={styles.kept} role="status">
              What you had typed is still here.
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  keepDraft(address, null)
                  dirty.current = false
                  setKept(null)
                }}
              >
                Discard it
              </Button>
            </p>
          )}
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            renderRoot={(props) =>
              isNew ? (
                <Link {...props} to="/schedules" />
              ) : (
                <Link {...props} to="/schedules/$scheduleId" params={{ scheduleId }} />
              )
            }
          >
            Cancel
          </Button>
          <Button size="xs" type="submit" loading={saving}>
            {isNew ? 'Create schedule' : 'Save changes'}
          </Button>
        </header>
      }
    />
  )
}

/** True to stay. */
function askToLeave(): Promise<boolean> {
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title: 'Leave without saving?',
      children: 'Your changes will be lost.',
      labels: { confirm: 'Leave', cancel: 'Stay' },
      confirmProps: { color: 'red' },
      onConfirm: () => resolve(false),
      onCancel: () => resolve(true),
    })
  })
}
