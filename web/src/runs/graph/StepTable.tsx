import { RunStateText } from '../RunGlyph.tsx'
import { RunLink } from '../RunLink.tsx'
import { reasonOf, tookText } from '../run.ts'
import type { ShortRunSearch } from '../runList.ts'
import type { Step } from './steps.ts'
import styles from './StepGraph.module.css'

interface StepTableProps {
  steps: readonly Step[]
  list: ShortRunSearch | null
}

/** The steps in order, each with what it needs and waits for. */
export function StepTable({ steps, list }: StepTableProps) {
  return (
    <div className={styles['scrolled']}>
      <table className="grid-table" aria-label="Steps">
        <thead>
          <tr>
            <th scope="col" className="num">
              Step
            </th>
            <th scope="col">Task</th>
            <th scope="col">State</th>
            <th scope="col" className="num">
              Attempt
            </th>
            <th scope="col" className="num">
              Took
            </th>
            <th scope="col">Needs</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => {
            const runId = step.run?.rowId ?? step.keptRun
            const reason = noteOf(step)
            return (
              <tr key={step.step}>
                <td className="num">{step.step}</td>
                <td>
                  {runId === null ? (
                    step.name
                  ) : (
                    <RunLink id={runId} list={list}>
                      {step.name}
                    </RunLink>
                  )}
                  {reason !== null && <span className={`muted small ${styles['reason']}`}>{reason}</span>}
                </td>
                <td>
                  <RunStateText state={step.state} />
                </td>
                <td className="num">{attemptText(step)}</td>
                <td className="num">{step.run ? tookText(step.run) : '–'}</td>
                <td>{step.needsInWords === '' ? '–' : step.needsInWords}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** "Waits for load_orders", why it is not as it should be, or which run it has its result from. */
export function noteOf({ waitsFor, run, keptRun }: Step): string | null {
  if (waitsFor.length > 0) return `Waits for ${waitsFor.join(', ')}`
  if (run) return reasonOf(run)
  return keptRun === null ? null : `Succeeded in run #${keptRun}`
}

/** "2 of 3"; a dash before the first. */
export function attemptText({ run }: Step): string {
  return run === null || run.attempt === 0 ? '–' : `${run.attempt} of ${run.maxAttempts}`
}
