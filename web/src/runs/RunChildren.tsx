import { Link } from '@tanstack/react-router'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { RunStateText } from './RunGlyph.tsx'
import { RunLink } from './RunLink.tsx'
import { Progress } from './Progress.tsx'
import { countsInWords } from './children.ts'
import { RunSteps } from './graph/RunSteps.tsx'
import { reasonOf, tookText } from './run.ts'
import type { ShortRunSearch } from './runList.ts'
import { runStateOf } from './runState.ts'
import type { RunDetails } from './useRun.ts'
import styles from './runParts.module.css'

const childrenQuery = graphql(`
  query RunChildren($parent: BigInt!, $at: Datetime!, $first: Int!) {
    runs(
      filter: { parentId: { equalTo: $parent }, scheduledFor: { equalTo: $at } }
      orderBy: [ELEMENT_ASC]
      first: $first
    ) {
      nodes {
        rowId
        element
        status
        blockedBecause
        error
        reason
        startedAt
        finishedAt
      }
    }
  }
`)

/** How many children are listed with their parent. */
const LISTED = 20

interface RunChildrenProps {
  run: RunDetails
  /** What the list is narrowed to that has the run in its drawer; null: on the run's own page. */
  list: ShortRunSearch | null
}

/** The children of a parent run: the steps of its graph, or of a list how many are in which state, and the first. */
export function RunChildren({ run, list }: RunChildrenProps) {
  if (run.graph !== null) return <RunSteps run={{ ...run, graph: run.graph }} list={list} />
  return <ListChildren run={run} list={list} />
}

function ListChildren({ run, list }: RunChildrenProps) {
  const { rowId, scheduledFor, scheduleId, children, rollUp } = run
  const [{ data }] = useLiveQuery(
    { query: childrenQuery, variables: { parent: rowId, at: scheduledFor, first: LISTED } },
    { topics: ['runs'], scheduleId },
  )
  const nodes = data?.runs?.nodes ?? []
  return (
    <div className={styles['notes']}>
      {rollUp && (
        <p>
          {run.finishedAt === null && <Progress of={rollUp.progress ?? 0} note={null} />}{' '}
          {countsInWords(rollUp)}
        </p>
      )}
      {nodes.length > 0 && (
        <table className="grid-table" aria-label="Children">
          <colgroup>
            <col style={{ width: 76 }} />
            <col style={{ width: 120 }} />
            <col />
            <col style={{ width: 72 }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col" className="num">
                Element
              </th>
              <th scope="col">State</th>
              <th scope="col">Run</th>
              <th scope="col" className="num">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((child) => (
              <tr key={child.rowId}>
                <td className="num">{child.element}</td>
                <td>
                  <RunStateText state={runStateOf(child.status)} />
                </td>
                <td>
                  <RunLink id={child.rowId} list={list}>
                    #{child.rowId}
                  </RunLink>
                  {reasonOf(child) !== null && <span className="muted small"> {reasonOf(child)}</span>}
                </td>
                <td className="num">{tookText(child)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {nodes.length > 0 && (
        <p>
          <Link className="accent-link" to="/runs" search={{ parent: rowId }}>
            All {children?.toLocaleString('en-GB')} in the list of runs
          </Link>
        </p>
      )}
    </div>
  )
}

/** Of a child: which element of whose list, or which step of whose graph it is. */
export function RunParent({ run, list }: RunChildrenProps) {
  if (run.parentId === null) return null
  return (
    <p className="small muted">
      {run.needs === null ? 'Element' : 'Step'} {run.element} of{' '}
      <RunLink id={run.parentId} list={list}>
        run #{run.parentId}
      </RunLink>
    </p>
  )
}
