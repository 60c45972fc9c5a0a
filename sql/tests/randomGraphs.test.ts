import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { randomFrom } from '../../tests/random.ts'
import { begin, due, finish, type InHand } from './inGroups.ts'
import { begun, registerTasks, scheduleGroup, stepsOf } from './ofGroups.ts'
import { heartbeat, runSeen } from './ofLists.ts'
import { left, stepsIn, work } from './randomSteps.ts'

const db = useTestDatabase()

type Graph = Record<string, string[]>

function randomGraph(random: (below: number) => number): Graph {
  const graph: Graph = {}
  const size = 3 + random(12)
  for (let nth = 0; nth < size; nth++) {
    const others = Object.keys(graph)
    graph[`t${(nth * 7) % 16}`] = others.filter(() => random(4) === 0)
  }
  return graph
}

/** In a group each needs all that it names to have succeeded. */
const needsOf = (graph: Graph) => (task: string, ended: ReadonlyMap<string, string>) => {
  for (const need of graph[task]!) expect(ended.get(need), `${need} before ${task}`).toBe('succeeded')
}

it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
  'no step of a random graph begins before what it needs has succeeded, each ends once, and it can be repeated: seed %i',
  (seed) =>
    inTransaction(db, async (client) => {
      const random = randomFrom(seed)
      const graph = randomGraph(random)
      const failing = new Set(Object.keys(graph).filter(() => random(5) === 0))
      await registerTasks(client, graph)
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent: InHand = await begun(client, 'nightly')
      const times = await work(client, { random, failing, onBegun: needsOf(graph) })

      const after = await stepsOf(client, parent.id)
      expect([...times.values()].every((count) => count === 1)).toBe(true)
      for (const { task, status } of after) {
        const isHeld = graph[task]!.some(
          (need) => after.find((step) => step.task === need)!.status !== 'succeeded',
        )
        expect(status, task).toBe(isHeld ? 'skipped' : failing.has(task) ? 'failed' : 'succeeded')
      }
      expect(await runSeen(client, parent.id)).toMatchObject({
        status: after.some(({ status }) => status === 'failed') ? 'failed' : 'succeeded',
      })
      expect(await left(client)).toBe(0)
      if (after.every(({ status }) => status === 'succeeded')) return

      const { rows } = await client.query<InHand>(
        'select id::text, scheduled_for::text as at from almanac.retry_run($1, only_failed => true)',
        [parent.id],
      )
      await begin(client, rows)
      const done = new Set(after.filter(({ status }) => status === 'succeeded').map(({ task }) => task))
      const rest = Object.fromEntries(
        Object.entries(graph)
          .filter(([task]) => !done.has(task))
          .map(([task, needs]) => [task, needs.filter((need) => !done.has(need))]),
      )
      const again = await work(client, { random, failing: new Set(), onBegun: needsOf(rest) })
      expect([...again.keys()].sort()).toEqual(Object.keys(rest).sort())
      expect(await runSeen(client, rows[0]!.id)).toMatchObject({ status: 'succeeded' })
      expect(await left(client)).toBe(0)
    }),
)

it.each(Array.from({ length: 10 }, (_, seed) => seed + 101))(
  'cancelled at any moment, a random graph leaves nothing waiting: seed %i',
  (seed) =>
    inTransaction(db, async (client) => {
      const random = randomFrom(seed)
      await registerTasks(client, randomGraph(random))
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')
      for (let round = random(4); round > 0; round--) {
        const running = await stepsIn(client, await begin(client, await due(client)))
        await finish(
          client,
          running.filter(() => random(3) > 0),
        )
      }
      const { status } = await runSeen(client, parent.id)
      if (status === 'running') await client.query('select almanac.cancel_run($1)', [parent.id])
      const running = (await stepsOf(client, parent.id)).filter(({ status }) => status === 'running')
      await finish(client, running, '2030-01-01Z', 'cancelled')
      await heartbeat(client)

      expect(await left(client)).toBe(0)
      expect(await due(client)).toEqual([])
      expect((await runSeen(client, parent.id)).status).toMatch(/^(cancelled|succeeded)$/)
    }),
)
