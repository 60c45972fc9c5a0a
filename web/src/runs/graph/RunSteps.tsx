import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Suspense, useState } from 'react'
import { graphql, type Json } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { later } from '../../panel/later.ts'
import { countsInWords } from '../children.ts'
import { Progress } from '../Progress.tsx'
import type { ShortRunSearch } from '../runList.ts'
import type { RunDetails } from '../useRun.ts'
import { stepsOf } from './steps.ts'
import { StepTable } from './StepTable.tsx'
import styles from './StepGraph.module.css'

const RunGraph = later(() => import('./RunGraph.tsx'), 'RunGraph')

const stepsQuery = graphql(`
  query RunSteps($parent: BigInt!, $at: Datetime!) {
    runs(
      filter: { parentId: { equalTo: $parent }, scheduledFor: { equalTo: $at } }
      orderBy: [ELEMENT_ASC]
      first: 1000
    ) {
      nodes {
        rowId
        element
        status
        attempt
        maxAttempts
        blockedBecause
        error
        reason
        startedAt
        finishedAt
      }
    }
  }
`)

interface RunStepsProps {
  run: RunDetails & { readonly graph: Json }
  /** What the list is narrowed to that has the run in its drawer; null: on the run's own page. */
  list: ShortRunSearch | null
}

/** The steps of a run of a group or of all tasks: as a graph on its page, as a list where there is little room. */
export function RunSteps({ run, list }: RunStepsProps) {
  const { rowId, scheduledFor, scheduleId, rollUp } = run
  const isNarrow = useMediaQuery('(max-width: 767px)', undefined, { getInitialValueInEffect: false })
  const [chosen, setChosen] = useState<'graph' | 'list' | null>(null)
  const [{ data }] = useLiveQuery(
    { query: stepsQuery, variables: { parent: rowId, at: scheduledFor } },
    { topics: ['runs'], scheduleId },
  )
  const steps = stepsOf(run.graph, data?.runs?.nodes ?? [], run.status)
  const view = list !== null ? 'list' : (chosen ?? (isNarrow ? 'list' : 'graph'))
  return (
    <div>
      {rollUp && (
        <p className={styles['rollUp']}>
          {run.finishedAt === null && <Progress of={rollUp.progress ?? 0} note={null} />}{' '}
          {countsInWords(rollUp)}
        </p>
      )}
      {list === null && (
        <div className={styles['views']} role="group" aria-label="Show steps as">
          {(['graph', 'list'] as const).map((each) => (
            <Button
              key={each}
              size="compact-sm"
              variant={each === view ? 'light' : 'default'}
              aria-pressed={each === view}
              onClick={() => setChosen(each)}
            >
              {each === 'graph' ? 'Graph' : 'List'}
            </Button>
          ))}
        </div>
      )}
      {data !== undefined &&
        (view === 'list' ? (
          <StepTable steps={steps} list={list} />
        ) : (
          <Suspense>
            <RunGraph steps={steps} />
          </Suspense>
        ))}
    </div>
  )
}
