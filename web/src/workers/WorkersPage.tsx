import { HEARTBEAT_INTERVAL } from '../../../shared/heartbeat.ts'
import { Button } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import { readProblems } from '../graphql/error.ts'
import { graphql, readFragment } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { EmptyState } from '../panel/EmptyState.tsx'
import { useOwnProblem } from '../panel/ownProblem.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { useSession } from '../session/useSession.ts'
import { useTimeZone } from '../time/zone.ts'
import type { Group } from './groupDraft.ts'
import { GroupForm } from './GroupForm.tsx'
import { GroupTable, GroupTable_group } from './GroupTable.tsx'
import { useGroupChanges } from './useGroupChanges.ts'
import { slotsText } from './worker.ts'
import { WorkerRow_worker } from './WorkerRow.tsx'
import { WorkerTable } from './WorkerTable.tsx'
import styles from './WorkersPage.module.css'

const workersQuery = graphql(
  `
    query Workers {
      workers(orderBy: [STATUS_ASC, STARTED_AT_DESC], first: 100) {
        totalCount
        nodes {
          rowId
          ...WorkerRow_worker
        }
      }
      resourceGroups(orderBy: [NAME_ASC], first: 1000) {
        nodes {
          ...GroupTable_group
        }
      }
      slotsInUse {
        workerId
        slots
        inUse
      }
    }
  `,
  [WorkerRow_worker, GroupTable_group],
)

/** The processes that run the jobs: running ones first. */
export function WorkersPage() {
  const zone = useTimeZone()
  const [{ data, error }, execute] = useLiveQuery(
    { query: workersQuery, variables: {} },
    { topics: ['runs', 'workers'] },
  )
  const refresh = () => execute({ requestPolicy: 'network-only' })
  // Heartbeats are not announced as changes, so they are fetched as often as they come.
  useInterval(() => document.visibilityState === 'visible' && refresh(), HEARTBEAT_INTERVAL, {
    autoInvoke: true,
  })

  const workers = data?.workers?.nodes
  const groups = data?.resourceGroups?.nodes ?? []
  const slots = data?.slotsInUse?.flatMap(({ workerId, slots, inUse }) =>
    workerId === null || slots === null ? [] : [{ workerId, slots, inUse: Number(inUse) }],
  )
  const problem = useOwnProblem(readProblems(error)[0], data !== undefined)

  const { isAdmin } = useSession()
  const changes = useGroupChanges(refresh)
  const names = groups.map((group) => readFragment(GroupTable_group, group).name ?? '')
  const edit = (group: Group | null) =>
    modals.open({
      title: group === null ? 'New resource group' : `Resource group ${group.name ?? ''}`,
      children: (
        <GroupForm
          group={group}
          taken={names.filter((name) => name !== group?.name)}
          onSave={async (limits) => {
            const refused = await changes.set(limits)
            if (refused === null) modals.closeAll()
            return refused
          }}
        />
      ),
    })
  const remove = (name: string) =>
    modals.openConfirmModal({
      title: `Delete ${name}?`,
      children: 'Runs that wait for it begin. It is kept while a schedule or a task names it.',
      labels: { confirm: 'Delete', cancel: 'Keep' },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        void changes.remove(name).then((refused) => {
          if (!tellRefusal(refused)) notifications.show({ message: `Deleted ${name}` })
        }),
    })
  return (
    <div className="page">
      <header className="page-head">
        <div className="grow">
          <h1 className="visually-hidden">Workers</h1>
          <p>{workers ? slotsText(slots ?? []) : '\u00a0'}</p>
        </div>
        <Button size="xs" variant="default" renderRoot={(props) => <Link {...props} to="/workers/jobs" />}>
          Application jobs
        </Button>
      </header>
      {problem && (
        <ProblemNote
          problem={problem}
          action={
            <Button size="xs" variant="default" onClick={refresh}>
              Try again
            </Button>
          }
        />
      )}
      {workers?.length === 0 ? (
        <EmptyState title="No workers yet" sql="npx almanac worker">
          Schedules fire and runs start only while a worker is running. Start one next to the server, on this
          machine or another:
        </EmptyState>
      ) : (
        (workers !== undefined || problem === null) && (
          <WorkerTable
            workers={workers}
            running={new Map(slots?.map(({ workerId, inUse }) => [workerId, inUse]))}
            zone={zone}
          />
        )
      )}
      {(groups.length > 0 || (isAdmin && data !== undefined)) && (
        <div className={styles.groups}>
          <GroupTable
            groups={groups}
            zone={zone}
            actions={isAdmin ? { onEdit: edit, onDelete: remove } : null}
          />
        </div>
      )}
    </div>
  )
}
