import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, trigger } from './inGroups.ts'
import { childrenOf, elements, finishAtOnce, heartbeat, rollUp, runSeen, scheduleList } from './ofLists.ts'

const db = useTestDatabase()

it('two workers that end the last two children at one moment end the parent', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await scheduleList(one, 'atOnce', elements(2))
  const parent = (await trigger(one, 'atOnce'))[0]!
  await begin(one, [parent])
  const children = await childrenOf(one, parent.id)
  await begin(one, children)

  await finishAtOnce(one, [children[0]!], other, [children[1]!])

  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'succeeded' })
  expect(await rollUp(one, parent.id)).toEqual({ total: 2, succeeded: 2, progress: 1 })
})

it('a child that someone holds meanwhile is cancelled by the next heartbeat', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await scheduleList(one, 'held', elements(2))
  const parent = (await trigger(one, 'held'))[0]!
  await begin(one, [parent])
  const children = await childrenOf(one, parent.id)
  await other.query('begin')
  await other.query('select from almanac.runs where id = $1 for no key update', [children[1]!.id])

  await one.query('select almanac.cancel_run($1)', [parent.id])
  expect((await childrenOf(one, parent.id)).map(({ status }) => status)).toEqual(['cancelled', 'queued'])
  await other.query('rollback')
  await heartbeat(one)

  expect(await runSeen(one, parent.id)).toMatchObject({ status: 'cancelled' })
  expect(await rollUp(one, parent.id)).toEqual({ total: 2, cancelled: 2, progress: 1 })
})
