import { expect, it } from 'vitest'
import { FIRST_STEPS } from '../shared/firstSteps.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'

const db = useTestDatabase()

it('what empty pages show works as it is written, in an empty database, one after the other', async () => {
  const admin = await db.connect('admin')
  for (const sql of Object.values(FIRST_STEPS)) await admin.query(sql)
  await admin.end()

  expect(
    await db.query(`select name, calendars from almanac.schedules where not is_system order by name`),
  ).toEqual([
    { name: 'heartbeat', calendars: [] },
    { name: 'hourly-vacuum', calendars: ['business days'] },
  ])
  expect(await db.query(`select schedule_name, trigger from almanac.runs`)).toEqual([
    { schedule_name: 'heartbeat', trigger: 'manual' },
  ])
})
