import { Link } from '@tanstack/react-router'
import { RunGlyph } from '../RunGlyph.tsx'
import { tookText } from '../run.ts'
import { runStateLabel } from '../runState.ts'
import { StepGraph, type BoxProps } from './StepGraph.tsx'
import { attemptText, noteOf } from './StepTable.tsx'
import type { Step } from './steps.ts'
import styles from './StepGraph.module.css'

/** The steps of a run, drawn; each leads to its run. */
export function RunGraph({ steps }: { steps: readonly Step[] }) {
  return (
    <StepGraph
      label="Steps as a graph"
      nodes={steps}
      // What runs, or did not succeed, is what one opens it for.
      firstSeen={steps.find(({ state }) => state !== 'succeeded')?.step ?? 1}
      renderNode={(step, box) => <StepBox step={step} box={box} />}
    />
  )
}

function StepBox({ step, box }: { step: Step; box: BoxProps }) {
  const runId = step.run?.rowId ?? step.keptRun
  const note = noteOf(step)
  const after = step.needsInWords === '' ? '' : `, after ${step.needsInWords}`
  const shared = {
    ...box,
    className: styles['node'],
    'data-run-state': step.state,
    title: [step.name, note].filter((text) => text !== null).join('\n'),
  }
  const content = (
    <>
      <RunGlyph state={step.state} />
      <b>{step.name}</b> <small>{stateText(step)}</small>
      <span className="visually-hidden">
        {after}
        {note !== null && `. ${note}`}
      </span>
    </>
  )
  return runId === null ? (
    <div role="group" {...shared}>
      {content}
    </div>
  ) : (
    <Link to="/runs/$runId" params={{ runId }} {...shared}>
      {content}
    </Link>
  )
}

/** "Failed · 2 of 3 · 1.2 s" */
function stateText(step: Step): string {
  if (step.run === null && step.keptRun !== null) return `Succeeded in #${step.keptRun}`
  const parts = [runStateLabel(step.state)]
  if (step.run && step.run.attempt > 1) parts.push(attemptText(step))
  if (step.run && step.run.finishedAt !== null && step.run.startedAt !== null) parts.push(tookText(step.run))
  return parts.join(' · ')
}
