import type { Json } from '../../graphql/graphql.ts'
import { isActive, runStateOf, type RunState } from '../runState.ts'

/** A box of a graph, with the boxes that come before it. */
export interface GraphNode {
  /** Its place in the order, from 1. */
  readonly step: number
  readonly name: string
  /** The places of those that it needs. */
  readonly needs: readonly number[]
}

/** A run of a step. */
export interface StepRun {
  readonly rowId: string
  readonly element: number | null
  readonly status: string
  readonly attempt: number
  readonly maxAttempts: number
  readonly blockedBecause: string | null
  readonly error: string | null
  readonly reason: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

export interface Step extends GraphNode {
  readonly state: RunState
  /** Null: it has none yet, or an earlier try had it. */
  readonly run: StepRun | null
  /** The run of an earlier try that succeeded, which counts for this one. */
  readonly keptRun: string | null
  /** What it needs, in words: names, and which end of those that need not succeed. */
  readonly needsInWords: string
  /** The names of what it waits for. */
  readonly waitsFor: readonly string[]
}

/** Boxes of what names what it needs; a name that none of them has is left out. */
export function graphNodes(
  named: readonly { readonly name: string; readonly needs: readonly string[] }[],
): readonly GraphNode[] {
  const places = new Map(named.map(({ name }, index) => [name, index + 1]))
  return named.map(({ name, needs }, index) => ({
    step: index + 1,
    name,
    needs: needs.flatMap((need) => places.get(need) ?? []),
  }))
}

/** The steps of a parent run: its graph, as it was when it was fired, with the runs that there are of it. */
export function stepsOf(graph: Json, runs: readonly StepRun[], parentStatus: string): readonly Step[] {
  const kept = readGraph(graph)
  const byStep = new Map(runs.map((run) => [run.element, run]))
  const nodes = graphNodes(kept)
  const begun = nodes.map((node, index) => {
    const run = byStep.get(node.step) ?? null
    const keptRun = kept[index]?.run ?? null
    const state = run ? runStateOf(run.status) : keptRun === null ? unbegun(parentStatus) : 'succeeded'
    return { ...node, run, keptRun, state, needsInWords: kept[index]?.needsInWords ?? '' }
  })
  return begun.map((step) => ({
    ...step,
    waitsFor:
      step.state === 'waiting'
        ? step.needs.flatMap((need) => {
            const needed = begun[need - 1]
            return needed && isActive(needed.state) ? [needed.name] : []
          })
        : [],
  }))
}

/** What a step is that has no run, as no worker has taken its parent. */
function unbegun(parentStatus: string): RunState {
  const state = runStateOf(parentStatus)
  return state === 'queued' || state === 'running' ? 'waiting' : state
}

/** A step as a run's graph keeps it (docs/decisions/0029 and 0030): needs are names. */
interface KeptStep {
  readonly task: string
  /** Of a workflow; otherwise it is called as its task. */
  readonly name?: string
  readonly needs?: readonly string[]
  /** How a need has to end; success where it is not said. */
  readonly on?: Readonly<Record<string, 'failure' | 'end'>>
  readonly join?: 'any'
  readonly run?: string | number
}

const endWords = { success: '', failure: 'the failure of ', end: 'the end of ' } as const

function readGraph(graph: Json) {
  if (!Array.isArray(graph)) return []
  return (graph as readonly Json[]).map((step) => {
    const { task, name = task, needs = [], on = {}, join, run } = step as unknown as KeptStep
    const words = needs.map((need) => endWords[on[need] ?? 'success'] + need)
    return {
      name,
      needs,
      needsInWords: (join === 'any' && needs.length > 1 ? 'one of ' : '') + words.join(', '),
      run: run === undefined ? null : String(run),
    }
  })
}

/** The step that an arrow key leads to: along what needs what, or up and down among its neighbours. */
export function stepByKey(
  key: string,
  from: number,
  places: ReadonlyMap<number, { readonly x: number; readonly y: number }>,
): number | undefined {
  const at = places.get(from)
  if (!at) return undefined
  const others = [...places].filter(([step]) => step !== from)
  const nearest = (fits: (dx: number, dy: number) => boolean, weigh: (dx: number, dy: number) => number) =>
    others
      .map(([step, { x, y }]) => ({ step, dx: x - at.x, dy: y - at.y }))
      .filter(({ dx, dy }) => fits(dx, dy))
      .sort((a, b) => weigh(a.dx, a.dy) - weigh(b.dx, b.dy))[0]?.step
  const inRow = (dx: number, dy: number) => Math.abs(dx) * 2 + Math.abs(dy)
  const inColumn = (dx: number, dy: number) => Math.abs(dx) * 10_000 + Math.abs(dy)
  switch (key) {
    case 'ArrowRight':
      return nearest((dx) => dx > 0, inRow)
    case 'ArrowLeft':
      return nearest((dx) => dx < 0, inRow)
    case 'ArrowDown':
      return nearest((_, dy) => dy > 0, inColumn)
    case 'ArrowUp':
      return nearest((_, dy) => dy < 0, inColumn)
    case 'Home':
      return Math.min(...places.keys())
    case 'End':
      return Math.max(...places.keys())
    default:
      return undefined
  }
}
