import { useHotkeys } from '@mantine/hooks'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { Panel } from '../../panel/Panel.tsx'
import { runsInWords } from '../../schedules/rule.ts'
import { outcomesInWords } from '../../schedules/outcomesInWords.ts'
import { formatDuration } from '../../time/duration.ts'
import { formatDay, formatFull } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import { Time } from '../../time/Time.tsx'
import { RunLink } from '../RunLink.tsx'
import { runStateLabel, runStateOf } from '../runState.ts'
import type { RunDetails } from '../useRun.ts'
import { barsAround, type Sibling } from './siblings.ts'
import styles from './RunPage.module.css'

// Both bounds: the first is one of the index of a schedule's runs, the second tells runs of one time apart.
const siblingsQuery = graphql(`
  query RunSiblings($schedule: BigInt!, $at: Datetime!, $id: BigInt!) {
    earlier: runs(
      filter: {
        scheduleId: { equalTo: $schedule }
        parentId: { isNull: true }
        scheduledFor: { lessThanOrEqualTo: $at }
        or: [{ scheduledFor: { lessThan: $at } }, { rowId: { lessThan: $id } }]
      }
      orderBy: [SCHEDULED_FOR_DESC, ROW_ID_DESC]
      first: 39
    ) {
      nodes {
        ...Sibling
      }
    }
    later: runs(
      filter: {
        scheduleId: { equalTo: $schedule }
        parentId: { isNull: true }
        scheduledFor: { greaterThanOrEqualTo: $at }
        or: [{ scheduledFor: { greaterThan: $at } }, { rowId: { greaterThan: $id } }]
      }
      orderBy: [SCHEDULED_FOR_ASC, ROW_ID_ASC]
      first: 19
    ) {
      nodes {
        ...Sibling
      }
    }
  }
  fragment Sibling on Run @_unmask {
    rowId
    status
    scheduledFor
    startedAt
    finishedAt
  }
`)

interface RunSiblingsProps {
  run: RunDetails
  zone: string
  onShow: (runId: string) => void
}

/** The runs of the same schedule around this one: how they went, and the one before and after. */
export function RunSiblings({ run, zone, onShow }: RunSiblingsProps) {
  const { rowId, scheduleId, scheduledFor, scheduleName, schedule } = run
  const [{ data }] = useLiveQuery(
    { query: siblingsQuery, variables: { schedule: scheduleId, at: scheduledFor, id: rowId } },
    { topics: ['runs'], scheduleId },
  )
  const now = useNow()
  const earlier = data?.earlier?.nodes[0]
  const later = data?.later?.nodes[0]
  const goEarlier = () => earlier && onShow(earlier.rowId)
  const goLater = () => later && onShow(later.rowId)
  useHotkeys([
    ['j', goLater],
    ['n', goLater],
    ['k', goEarlier],
    ['p', goEarlier],
  ])
  const bars = barsAround(run, data?.earlier?.nodes ?? [], data?.later?.nodes ?? [])
  const first = bars[0]?.at ?? scheduledFor
  return (
    <Panel
      title={`Runs of ${scheduleName}`}
      aside={
        <Link className="accent-link" to="/runs" search={{ schedule: scheduleId }}>
          {schedule === null ? 'All' : `All ${runsInWords(schedule.totalRuns)}`}
        </Link>
      }
    >
      <div
        className={styles['bars']}
        role="img"
        aria-label={`${bars.length} runs from ${formatDay(first, zone, now)}: ${outcomesInWords(bars.map(({ state }) => state))}`}
      >
        {bars.map(({ id, state, at, took, height, isThis }) => (
          <i
            key={id}
            data-run-state={state}
            aria-current={isThis || undefined}
            style={{ height: `${height}%` }}
            title={`${runStateLabel(state)}, ${formatFull(at, zone)}${took === null ? '' : `, took ${formatDuration(took)}`}`}
          />
        ))}
      </div>
      <div className={styles['neighbours']} role="navigation" aria-label="Runs around this one">
        {earlier ? (
          <RunLink id={earlier.rowId} list={null} className={undefined} title="Earlier run (K)">
            <IconChevronLeft size={16} aria-hidden />
            <Neighbour name="Earlier" run={earlier} zone={zone} />
          </RunLink>
        ) : (
          <span>{data && 'The first that is kept'}</span>
        )}
        {later ? (
          <RunLink id={later.rowId} list={null} className={undefined} title="Later run (J)">
            <Neighbour name="Later" run={later} zone={zone} />
            <IconChevronRight size={16} aria-hidden />
          </RunLink>
        ) : (
          <span>
            {data && (
              <>
                The latest
                {typeof schedule?.nextRunAt === 'string' && (
                  <>
                    ; the next is due <Time at={schedule.nextRunAt} zone={zone} />
                  </>
                )}
              </>
            )}
          </span>
        )}
      </div>
    </Panel>
  )
}

function Neighbour({ name, run, zone }: { name: string; run: Sibling; zone: string }) {
  return (
    <span>
      <small>
        {name}, {runStateLabel(runStateOf(run.status)).toLowerCase()}
      </small>
      <Time at={run.scheduledFor} zone={zone} />
    </span>
  )
}
