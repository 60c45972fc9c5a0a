import { describe, expect, test } from 'vitest'
import { layOut, NODE_HEIGHT, NODE_WIDTH } from './layout.ts'
import { graphNodes, stepByKey, stepsOf } from './steps.ts'

const diamond = graphNodes([
  { name: 'a', needs: [] },
  { name: 'b', needs: ['a'] },
  { name: 'c', needs: ['a'] },
  { name: 'd', needs: ['b', 'c', 'unknown'] },
])

const layers = (count: number) =>
  graphNodes(
    Array.from({ length: count }, (_, index) => ({
      name: `step ${index}`,
      needs: index < 10 ? [] : [`step ${index - 10}`, `step ${index - 7}`].slice(0, 1 + (index % 2)),
    })),
  )

describe.each([
  ['1', graphNodes([{ name: 'a', needs: [] }])],
  ['4', diamond],
  ['200', layers(200)],
])('of %s steps', (_, nodes) => {
  const { places, width, height, lines } = layOut(nodes)

  test('each is to the right of all that it needs, within the drawing', () => {
    for (const { step, needs } of nodes) {
      const place = places.get(step)!
      expect(place.x).toBeGreaterThanOrEqual(0)
      expect(place.x + NODE_WIDTH).toBeLessThanOrEqual(width)
      expect(place.y + NODE_HEIGHT).toBeLessThanOrEqual(height)
      for (const need of needs) expect(places.get(need)!.x + NODE_WIDTH).toBeLessThan(place.x)
    }
    expect(lines.length).toBe(nodes.flatMap(({ needs }) => needs).length)
  })

  test('none covers another', () => {
    const all = [...places.values()]
    const covered = all.filter((one, index) =>
      all.some(
        (other, place) =>
          place > index && Math.abs(one.x - other.x) < NODE_WIDTH && Math.abs(one.y - other.y) < NODE_HEIGHT,
      ),
    )
    expect(covered).toEqual([])
  })
})

test('arrow keys go along what needs what, and up and down among neighbours', () => {
  const { places } = layOut(diamond)
  const [upper, lower] = [2, 3].sort((a, b) => places.get(a)!.y - places.get(b)!.y) as [number, number]

  expect([2, 3]).toContain(stepByKey('ArrowRight', 1, places))
  expect(stepByKey('ArrowDown', upper, places)).toBe(lower)
  expect(stepByKey('ArrowUp', lower, places)).toBe(upper)
  expect(stepByKey('ArrowRight', lower, places)).toBe(4)
  expect([2, 3]).toContain(stepByKey('ArrowLeft', 4, places))
  expect(stepByKey('ArrowLeft', 1, places)).toBe(undefined)
  expect([stepByKey('Home', 3, places), stepByKey('End', 3, places)]).toEqual([1, 4])
})

const run = {
  attempt: 1,
  maxAttempts: 1,
  blockedBecause: null,
  error: null,
  reason: null,
  startedAt: null,
  finishedAt: null,
}
const graph = [
  { task: 'a', needs: [], run: 7 },
  { task: 'b', needs: ['a'] },
  { task: 'c', needs: ['a', 'b'] },
]

test('a step has the state of its run, or of an earlier try; one that waits names what for', () => {
  const steps = stepsOf(
    graph,
    [
      { ...run, rowId: '12', element: 2, status: 'running' },
      { ...run, rowId: '13', element: 3, status: 'waiting' },
    ],
    'running',
  )

  expect(steps.map(({ state, keptRun, waitsFor }) => [state, keptRun, waitsFor])).toEqual([
    ['succeeded', '7', []],
    ['running', null, []],
    ['waiting', null, ['b']],
  ])
})

test('a step of a workflow has its own name, and says which end of what it needs', () => {
  const steps = stepsOf(
    [
      { name: 'load', task: 'copy', needs: [] },
      { name: 'check', task: 'copy', needs: [] },
      {
        name: 'tell',
        task: 'mail',
        needs: ['load', 'check'],
        on: { load: 'failure', check: 'end' },
        join: 'any',
      },
    ],
    [
      { ...run, rowId: '11', element: 1, status: 'succeeded' },
      { ...run, rowId: '12', element: 2, status: 'running' },
      { ...run, rowId: '13', element: 3, status: 'waiting' },
    ],
    'running',
  )

  expect(steps.map(({ name, needs }) => [name, needs])).toEqual([
    ['load', []],
    ['check', []],
    ['tell', [1, 2]],
  ])
  expect(steps[2]).toMatchObject({
    needsInWords: 'one of the failure of load, the end of check',
    waitsFor: ['check'],
  })
})

test.each([
  ['queued', 'waiting'],
  ['cancelled', 'cancelled'],
])('before the steps of a %s run are written they are %s', (parent, state) => {
  expect(stepsOf(graph, [], parent).map((step) => step.state)).toEqual(['succeeded', state, state])
})
