import { expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

test('of up to 200 schedules each is named, of more none', async () => {
  const listener = await db.connect('worker')
  const heard: unknown[] = []
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')))
  await listener.query('listen almanac_runs')
  const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index))
  const tell = (told: string[] | null) =>
    listener.query('select almanac_private.notify_changed($1, $2)', ['almanac_runs', told])

  await tell(ids(200))
  await tell(ids(201))
  await tell(null)
  await tell([])
  await listener.query('select')

  const bulk = { op: 'bulk', ids: [] }
  expect(heard).toEqual([{ op: 'update', ids: ids(200) }, bulk, bulk])
  await listener.end()
})
