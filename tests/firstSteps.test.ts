import { expect, it } from 'vitest'
import { FIRST_STEPS } from '../shared/firstSteps.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'

const db = useTestDatabase()

it.each(Object.entries(FIRST_STEPS))(
  'what the empty page of a %s shows works in an empty database',
  async (_, sql) => {
    const admin = await db.connect('admin')
    await admin.query('begin')
    await admin.query(sql)
    await admin.query('rollback')
    await admin.end()
  },
)

it('what empty pages show makes what they say, one after the other', async () => {
  const admin = await db.connect('admin')
  for (const sql of Object.values(FIRST_STEPS)) await admin.query(sql)
  await admin.end()

  expect(
    await db.query(`select name, calendars from almanac.schedules where not is_system order by name`),
  ).toEqual([
    { name: 'heartbeat', calendars: [] },
    { name: 'hourly-vacuum', calendars: [] },
    { name: 'weekday-report', calendars: ['business days'] },
  ])
  expect(await db.query(`select schedule_name, trigger from almanac.runs`)).toEqual([
    { schedule_name: 'heartbeat', trigger: 'manual' },
  ])
})
