import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { randomFrom } from '../../tests/random.ts'
import { begin, type InHand } from './inGroups.ts'
import { begun, registerTasks, stepsOf } from './ofGroups.ts'
import { runSeen } from './ofLists.ts'
import { left, work } from './randomSteps.ts'

const db = useTestDatabase()

interface Planned {
  readonly name: string
  readonly needs: readonly { readonly step: string; readonly on: 'success' | 'failure' | 'end' }[]
  readonly join: 'all' | 'any'
}

/** Each named as its task. */
function randomSteps(random: (below: number) => number): Planned[] {
  const names = Array.from({ length: 3 + random(12) }, (_, nth) => `t${(nth * 7) % 16}`)
  return names.map((name, nth) => ({
    name,
    needs: names
      .slice(0, nth)
      .filter(() => random(3) === 0)
      .map((step) => ({ step, on: (['success', 'success', 'failure', 'end'] as const)[random(4)]! })),
    join: random(3) === 0 ? 'any' : 'all',
  }))
}

/** Whether a need is met by how its step has ended; undefined: it has not. */
const isMet = ({ on }: Planned['needs'][number], ended: string | undefined) =>
  ended !== undefined && (on === 'end' || ended === (on === 'failure' ? 'failed' : 'succeeded'))

function mayRun({ needs, join }: Planned, endOf: (step: string) => string | undefined): boolean {
  const met = needs.filter((need) => isMet(need, endOf(need.step)))
  return needs.length === 0 || (join === 'any' ? met.length > 0 : met.length === needs.length)
}

/** How each step ends, by the definition alone. */
function outcomes(steps: readonly Planned[], failing: ReadonlySet<string>): Map<string, string> {
  const ends = new Map<string, string>()
  for (const step of steps)
    ends.set(
      step.name,
      !mayRun(step, (name) => ends.get(name)) ? 'skipped' : failing.has(step.name) ? 'failed' : 'succeeded',
    )
  return ends
}

it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
  'a random workflow ends as its definition says, no step before what it needs, each once, and again: seed %i',
  (seed) =>
    inTransaction(db, async (client) => {
      const random = randomFrom(seed)
      const steps = randomSteps(random)
      const failing = new Set(steps.filter(() => random(4) === 0).map(({ name }) => name))
      await registerTasks(client, Object.fromEntries(steps.map(({ name }) => [name, []])))
      await client.query('select almanac.define_workflow($1, $2)', [
        'nightly',
        JSON.stringify({ steps: steps.map((step) => ({ ...step, task: step.name })) }),
      ])
      await client.query(
        `insert into almanac.schedules (name, kind, target, workflow_name, max_attempts)
         values ('nightly', 'manual', 'workflow', 'nightly', 1)`,
      )
      const checkBegun =
        (expected: ReadonlyMap<string, string>) => (task: string, ended: ReadonlyMap<string, string>) => {
          const step = steps.find(({ name }) => name === task)!
          // A step that is skipped is over, and no worker tells of it.
          const endOf = (name: string) =>
            ended.get(name) ?? (expected.get(name) === 'skipped' ? 'skipped' : undefined)
          expect(mayRun(step, endOf), `${task} begins`).toBe(true)
        }

      const expected = outcomes(steps, failing)
      const parent: InHand = await begun(client, 'nightly')
      const times = await work(client, { random, failing, onBegun: checkBegun(expected) })

      const seen = await stepsOf(client, parent.id)
      expect(Object.fromEntries(seen.map(({ task, status }) => [task, status]))).toEqual(
        Object.fromEntries(expected),
      )
      expect([...times.values()].every((count) => count === 1)).toBe(true)
      const hasFailed = [...expected.values()].includes('failed')
      expect((await runSeen(client, parent.id)).status).toBe(hasFailed ? 'failed' : 'succeeded')
      expect(await left(client)).toBe(0)
      if (!hasFailed) return

      // Nothing fails any more: what is decided again ends as if nothing had ever failed.
      const { rows } = await client.query<InHand>(
        'select id::text, scheduled_for::text as at from almanac.retry_run($1, only_failed => true)',
        [parent.id],
      )
      await begin(client, rows)
      const sound = outcomes(steps, new Set())
      const before = new Map([...expected].filter(([, status]) => status === 'succeeded'))
      await work(client, {
        random,
        failing: new Set(),
        onBegun: (task, ended) => checkBegun(sound)(task, new Map([...before, ...ended])),
      })
      for (const { task, status } of await stepsOf(client, rows[0]!.id))
        expect(status, `${task}, again`).toBe(sound.get(task))
      expect((await runSeen(client, rows[0]!.id)).status).toBe('succeeded')
      expect(await left(client)).toBe(0)
    }),
)
