import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { Link, useBlocker, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useClient, useMutation } from 'urql'
import { isManaged, managedNote } from '../managed.ts'
import { framedParams } from '../../address/framedParams.ts'
import { useAddress } from '../../address/useAddress.ts'
import { graphql } from '../../graphql/graphql.ts'
import { CHANGED_MEANWHILE, readProblems, type Problem } from '../../graphql/error.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useWindowTitle } from '../../panel/pageTitle.ts'
import { namedRow } from '../../panel/namedRow.ts'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { PageHeading } from '../../panel/PageHeading.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { session as pageSession, useSession } from '../../session/useSession.ts'
import { IntervalFragment } from '../../time/interval.ts'
import { useTimeZone } from '../../time/zone.ts'
import { ExecutionFragment } from '../execution.ts'
import { RetentionRuleFragment } from '../../settings/retention.ts'
import { usePayloadErrors } from '../payload/usePayloadErrors.ts'
import type { KeptOverrides } from './changePreview.ts'
import { changesOf, definitionOf, draftOf, type Draft, type Saved } from './draft.ts'
import { keepDraft, takeDraft, type Version } from './keptDraft.ts'
import { preparedDraft } from './newSchedule.ts'
import { newScheduleParams, type NewScheduleSearch } from './newScheduleSearch.ts'
import { editsInWords, onTopOf } from './othersEdit.ts'
import { OthersEdit } from './OthersEdit.tsx'
import { OverridesNote } from './OverridesNote.tsx'
import { ScheduleForm } from './ScheduleForm.tsx'
import { overridesAfter, useChangePreview } from './useChangePreview.ts'
import { usePreview } from './usePreview.ts'

const formQuery = graphql(
  `
    query ScheduleForm($id: BigInt!, $saved: Boolean!) {
      tasks(orderBy: [IDENTIFIER_ASC], first: 1000) {
        nodes {
          identifier
          label
          description
          available
          mayUse
          requiredRole
          disabledAt
          disabledReason
          problem
          resourceGroup
          taskGroup
          payloadSchema
          execution {
            ...Execution
          }
        }
      }
      workflows(orderBy: [NAME_ASC], first: 500) {
        nodes {
          rowId
          name
          description
        }
      }
      exclusionCalendars(orderBy: [NAME_ASC], first: 500) {
        nodes {
          rowId
          name
        }
      }
      resourceGroups(orderBy: [NAME_ASC], first: 1000) {
        nodes {
          rowId
          name
        }
      }
      retention {
        ...RetentionRule
      }
      schedule(rowId: $id) @include(if: $saved) {
        rowId
        name
        isSystem
        managedBy
        managedVersion
        mayChange
        status
        deletedAt
        updatedAt
        updatedBy
        description
        kind
        cronExpression
        every {
          ...Interval
        }
        runAt
        timezone
        startsAt
        endsAt
        taskIdentifier
        target
        taskGroup
        workflowName
        payload
        priority
        jitter {
          ...Interval
        }
        calendars
        exclusionPolicy
        overlapPolicy
        missedRunPolicy
        maxAttempts
        retryDelay {
          ...Interval
        }
        timeout {
          ...Interval
        }
        tags
        maxRuns
        maxConcurrent
        resourceGroup
        retryBackoff
        retryCeiling {
          ...Interval
        }
        lateTolerance {
          ...Interval
        }
        catchupWindow {
          ...Interval
        }
        keepFor {
          ...Interval
        }
        keepFailuresFor {
          ...Interval
        }
        keepLast
      }
    }
  `,
  [ExecutionFragment, IntervalFragment, RetentionRuleFragment],
)

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
  mutation UpdateSchedule($id: BigInt!, $changes: JSON!, $expected: Datetime) {
    updateSchedule(input: { scheduleId: $id, changes: $changes, expectedUpdatedAt: $expected }) {
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
  const search: NewScheduleSearch = useAddress(scheduleId === undefined ? newScheduleParams : framedParams)
  const zone = useTimeZone()
  const [{ data, error, asOf }, retry] = useLiveQuery(
    { query: formQuery, variables: { id: namedRow(scheduleId), saved: scheduleId !== undefined } },
    { topics: ['schedules'], ...(scheduleId !== undefined && { scheduleId }) },
  )
  const [first, setFirst] = useState<Version | null>(null)
  useWindowTitle(data?.schedule && `Edit ${data.schedule.name}`)

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

  if (scheduleId !== undefined && data?.schedule?.mayChange === false && !data.schedule.isSystem) {
    return (
      <div className="page">
        <EmptyState
          title={`You cannot change ${data.schedule.name}`}
          action={
            <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
              View it
            </Link>
          }
        >
          Only its owner and admins can change it.
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

  if (scheduleId !== undefined && data?.schedule && isManaged(data.schedule)) {
    return (
      <div className="page">
        <EmptyState
          title={`${data.schedule.name} is defined in code`}
          action={
            <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
              View it
            </Link>
          }
        >
          {managedNote(data.schedule)}
        </EmptyState>
      </div>
    )
  }

  const current = data?.schedule ? versionOf(data.schedule) : null
  // What a cache kept from before is not a start: it may have been changed since.
  if (first === null && data !== undefined && (asOf === null || scheduleId === undefined)) {
    if (scheduleId === undefined)
      setFirst({
        draft: preparedDraft(zone, search, data.tasks?.nodes),
        updatedAt: null,
        by: '',
        status: null,
      })
    else if (current !== null) setFirst(current)
  }
  if (first !== null && data !== undefined) {
    const calendars = data.exclusionCalendars?.nodes.map(({ name }) => name) ?? []
    const workflows = data.workflows?.nodes ?? []
    const groups = data.resourceGroups?.nodes.map(({ name }) => name) ?? []
    return (
      <Editor
        key={scheduleId ?? 'new'}
        {...{
          scheduleId,
          first,
          current,
          tasks: data.tasks?.nodes ?? [],
          workflows,
          calendars,
          groups,
          zone,
        }}
        retention={data.retention}
        onRefetch={() => retry({ requestPolicy: 'network-only' })}
      />
    )
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

function versionOf(
  schedule: Saved & { updatedAt: string; updatedBy: string; status: string; deletedAt: string | null },
): Version {
  const { updatedAt, updatedBy: by, status, deletedAt } = schedule
  return { draft: draftOf(schedule), updatedAt, by, status: deletedAt === null ? status : 'deleted' }
}

interface Start {
  /** What my changes are changes of. */
  base: Version
  /** What is in the fields at first, where that is not the same. */
  typed?: Draft | undefined
  /** How often one has begun again, from what someone else made of it. */
  round: number
}

interface EditorProps extends Pick<
  Parameters<typeof ScheduleForm>[0],
  'tasks' | 'workflows' | 'calendars' | 'groups' | 'retention' | 'zone'
> {
  scheduleId: string | undefined
  /** What it was when the form was opened. */
  first: Version
  /** What it is now; null: not known, or not saved yet. */
  current: Version | null
  onRefetch: () => void
}

const formId = 'schedule-form'

function Editor({
  scheduleId,
  first,
  current,
  tasks,
  calendars,
  groups,
  workflows,
  retention,
  zone,
  onRefetch,
}: EditorProps) {
  const navigate = useNavigate()
  const client = useClient()
  const [creation, create] = useMutation(createMutation)
  const [update, change] = useMutation(updateMutation)
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const dirty = useRef(false)
  const isNew = scheduleId === undefined
  const form = window.location.pathname
  const session = useSession()
  const user = session.status === 'signed-in' ? session.user.username : ''
  const [start, setStart] = useState<Start>(() => ({
    base: first,
    round: 0,
    ...takeDraft(form, user, first.draft),
  }))
  const { base } = start
  const initial = base.draft
  const [isSaved, setIsSaved] = useState(false)
  /** How often saving was tried while someone else's changes were not looked at. */
  const [tries, setTries] = useState(0)
  const saving = creation.fetching || update.fetching
  const theirs =
    current !== null && current.updatedAt !== base.updatedAt && !saving && !isSaved ? current : null

  const typing = useRef(initial)
  const keepWhenSignedOut = useEffectEvent(() => {
    if (pageSession.get().status === 'signed-out' && dirty.current)
      keepDraft(form, user, { base, typed: typing.current })
  })
  useEffect(() => () => keepWhenSignedOut(), [])

  useBlocker({
    shouldBlockFn: () => dirty.current && askToLeave(),
    enableBeforeUnload: () => dirty.current,
  })

  const startAgain = (from: Version, typed: Draft | undefined) => {
    dirty.current = false
    setProblems([])
    setTries(0)
    setStart({ base: from, typed, round: start.round + 1 })
  }

  const useDraftPreview = (draft: Draft) => usePreview(draft, scheduleId ?? null)

  const save = async (draft: Draft) => {
    if (theirs !== null) return setTries(tries + 1)
    const overrides = isNew ? null : await overridesAfter(client, draft, initial)
    if (overrides !== null && overrides.lost.length > 0 && !(await askToDrop(overrides, draft.timezone)))
      return
    const { saved, error } = isNew
      ? await create({ definition: definitionOf(draft) }).then(({ data, error }) => ({
          saved: data?.createSchedule?.result,
          error,
        }))
      : await change({
          id: scheduleId,
          changes: changesOf(draft, initial),
          expected: base.updatedAt,
        }).then(({ data, error }) => ({ saved: data?.updateSchedule?.result, error }))
    const refused = readProblems(error)
    // That someone was faster is said with both ways on, once it is known what they did.
    setProblems(refused.filter(({ code }) => code !== CHANGED_MEANWHILE))
    if (refused.some(({ code }) => code === CHANGED_MEANWHILE)) {
      setTries(tries + 1)
      onRefetch()
    }
    if (!saved) return
    setIsSaved(true)
    dirty.current = false
    notifications.show({ message: isNew ? `Schedule ${saved.name} created` : `Schedule ${saved.name} saved` })
    await navigate({ to: '/schedules/$scheduleId', params: { scheduleId: saved.rowId } })
  }

  return (
    <ScheduleForm
      key={start.round}
      id={formId}
      initial={initial}
      typed={start.typed}
      tasks={tasks}
      zone={zone}
      isNew={isNew}
      usePreview={useDraftPreview}
      usePayloadErrors={usePayloadErrors}
      {...(isNew ? {} : { useChangePreview })}
      calendars={calendars}
      groups={groups}
      workflows={workflows}
      retention={retention}
      calendarsLink={
        <Link className="accent-link" to="/exclusions" target="_blank">
          Exclusion calendars
        </Link>
      }
      problems={problems}
      onSubmit={(draft) => void save(draft)}
      onDraftChange={(draft, isDirty) => {
        typing.current = draft
        dirty.current = isDirty
      }}
      notice={(draft) =>
        theirs !== null && theirs.updatedAt !== null ? (
          <OthersEdit
            by={theirs.by}
            at={theirs.updatedAt}
            zone={zone}
            tries={tries}
            status={theirs.status === base.status ? null : theirs.status}
            {...editsInWords(initial, draft, theirs.draft)}
            onShowTheirs={() => startAgain(theirs, undefined)}
            onKeepMine={() => startAgain(theirs, onTopOf(initial, draft, theirs.draft))}
          />
        ) : (
          start.typed !== undefined &&
          start.round === 0 && (
            <p role="status">Your edits from before your session ended have been restored.</p>
          )
        )
      }
      heading={
        <PageHeading className={isNew ? 'visually-hidden' : undefined}>
          {isNew ? 'New schedule' : initial.name}
        </PageHeading>
      }
      actions={
        <>
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
          <Button size="xs" type="submit" loading={saving} title="Ctrl or ⌘ Enter">
            {isNew ? 'Create schedule' : 'Save changes'}
          </Button>
        </>
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

/** True to save although some occurrences are no longer moved or skipped then. */
function askToDrop(overrides: KeptOverrides, timeZone: string): Promise<boolean> {
  const { length } = overrides.lost
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title: length === 1 ? 'Save, and drop a move or skip?' : `Save, and drop ${length} moves and skips?`,
      children: <OverridesNote {...overrides} timeZone={timeZone} />,
      labels: { confirm: length === 1 ? 'Save and drop it' : 'Save and drop them', cancel: 'Cancel' },
      confirmProps: { color: 'red' },
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
    })
  })
}
