import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, finish } from './inGroups.ts'
import { begun, registerTasks, runThrough, scheduleGroup, states, stepsOf } from './ofGroups.ts'
import { finishAtOnce, heartbeat, runSeen } from './ofLists.ts'

const db = useTestDatabase()

it('two workers that each end half of what a step needs at one moment start it', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await registerTasks(one, { a: [], b: [], c: ['a', 'b'] }, 'halves')
  await scheduleGroup(one, 'halves', 'halves')
  const parent = await begun(one, 'halves')
  const [a, b] = await stepsOf(one, parent.id)
  await begin(one, [a!, b!])

  await finishAtOnce(one, [a!], other, [b!])

  expect(await states(one, parent.id)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'queued' })
  expect(await runThrough(one)).toEqual([['c']])
  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'succeeded' })
})

it('a step that needs one that is being cancelled when another ends is skipped by the next heartbeat', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await registerTasks(one, { h: [], i: ['h'], j: ['h'], k: ['i', 'j'] }, 'cancelling')
  await scheduleGroup(one, 'cancelling', 'cancelling')
  const parent = await begun(one, 'cancelling')
  const [h, i, j] = await stepsOf(one, parent.id)
  await begin(one, [h!])
  await finish(one, [h!])
  await begin(one, [i!])

  await other.query('begin')
  await other.query('select almanac.cancel_run($1)', [j!.id])
  // An open transaction of a person is not waited for.
  await finish(one, [i!])
  await other.query('commit')
  await heartbeat(one)

  expect(await states(one, parent.id)).toMatchObject({ i: 'succeeded', j: 'cancelled', k: 'skipped' })
  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'cancelled' })
})

it('a step that someone holds when it could begin is started by the next heartbeat, once', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await registerTasks(one, { d: [], e: ['d'] }, 'held')
  await scheduleGroup(one, 'held', 'held')
  const parent = await begun(one, 'held')
  const [d, e] = await stepsOf(one, parent.id)
  await begin(one, [d!])
  await other.query('begin')
  await other.query('select from almanac.runs where id = $1 for no key update', [e!.id])

  await finish(one, [d!])
  expect(await states(one, parent.id)).toEqual({ d: 'succeeded', e: 'waiting' })
  await other.query('rollback')
  await heartbeat(one)
  await heartbeat(one)

  expect(await runThrough(one)).toEqual([['e']])
  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'succeeded' })
})

it('a step that is cancelled while what it needs ends stays cancelled', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await registerTasks(one, { f: [], g: ['f'] }, 'cancelled')
  await scheduleGroup(one, 'cancelled', 'cancelled')
  const parent = await begun(one, 'cancelled')
  const [f, g] = await stepsOf(one, parent.id)
  await begin(one, [f!])

  await other.query('begin')
  await other.query('select almanac.cancel_run($1)', [g!.id])
  await finish(one, [f!])
  await other.query('commit')
  await heartbeat(one)

  expect(await states(one, parent.id)).toEqual({ f: 'succeeded', g: 'cancelled' })
  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'cancelled' })
})
