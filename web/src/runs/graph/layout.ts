import { Graph, layout } from '@dagrejs/dagre'
import type { GraphNode } from './steps.ts'

export const NODE_WIDTH = 188
export const NODE_HEIGHT = 44

/** Of more, to find the shortest would take a second: 359 lines of 200 steps take 1.1 s, and 0.35 s by a tight tree. */
const MANY_LINES = 150

interface Point {
  readonly x: number
  readonly y: number
}

export interface GraphLayout {
  readonly width: number
  readonly height: number
  /** The left upper corner of each step's box. */
  readonly places: ReadonlyMap<number, Point>
  readonly lines: readonly { readonly from: number; readonly to: number; readonly path: string }[]
}

/** Places each step to the right of those that it needs, with few lines that cross. */
export function layOut(nodes: readonly GraphNode[]): GraphLayout {
  const graph = new Graph()
  const lines = nodes.reduce((sum, { needs }) => sum + needs.length, 0)
  const ranker = lines > MANY_LINES ? 'tight-tree' : 'network-simplex'
  graph.setGraph({ ranker, rankdir: 'LR', nodesep: 12, ranksep: 44, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { step } of nodes) graph.setNode(String(step), { width: NODE_WIDTH, height: NODE_HEIGHT })
  for (const { step, needs } of nodes) for (const need of needs) graph.setEdge(String(need), String(step))
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  const places = new Map(
    nodes.map(({ step }) => {
      const { x, y } = graph.node(String(step)) as Point
      return [step, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }]
    }),
  )
  const drawn = graph.edges().map((edge) => {
    const [from, to] = [graph.node(edge.v) as Point, graph.node(edge.w) as Point]
    const between = (graph.edge(edge) as { points: readonly Point[] }).points.slice(1, -1)
    return {
      from: Number(edge.v),
      to: Number(edge.w),
      path: smooth(
        { x: from.x + NODE_WIDTH / 2, y: from.y },
        // Between neighbours there is nothing to go around.
        between.length === 1 ? [] : between,
        { x: to.x - NODE_WIDTH / 2, y: to.y },
      ),
    }
  })
  return { width, height, places, lines: drawn }
}

/** A curve that leaves its first box level on the right, and reaches the other level on the left. */
function smooth(first: Point, between: readonly Point[], last: Point): string {
  let before = first
  let path = `M${at(first)}`
  for (const point of [...between, last]) {
    const middle = (before.x + point.x) / 2
    path += `C${at({ x: middle, y: before.y })} ${at({ x: middle, y: point.y })} ${at(point)}`
    before = point
  }
  return path
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`
}
