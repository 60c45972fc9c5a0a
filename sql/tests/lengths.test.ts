import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A month is compared as 30 days and added as what the calendar says: to the checks each of these was a length. */
const MIXED = [
  '5000000 years -1799999999 days',
  '-100 years 36001 days',
  '1 month -29 days',
  '1 day -3600 seconds',
]

const schedule = (settings: Readonly<Record<string, string>>) =>
  `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '${JSON.stringify(settings)}')`

describe.each(MIXED)('%s is not a length, and refused as', (length) => {
  it.each([
    'late_tolerance',
    'catchup_window',
    'retry_delay',
    'retry_ceiling',
    'timeout',
    'keep_for',
    'keep_failures_for',
  ])('%s of a schedule', async (column) => {
    expect(await refusal(db.query(schedule({ [column]: length })))).toMatchObject({ code: 'AL019', column })
  })

  it.each(['default_timeout', 'default_retry_delay', 'default_retry_ceiling'])('%s of a task', (column) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('report')`)
      expect(
        await refusal(
          client.query(`update almanac.tasks set ${column} = $1 where identifier = 'report'`, [length]),
        ),
      ).toMatchObject({ code: 'AL019', column })
    }),
  )

  it.each(['keep_for', 'keep_failures_for'])('%s of all schedules', async (column) => {
    expect(await refusal(db.query(`select almanac.set_retention(${column} => $1)`, [length]))).toMatchObject({
      code: 'AL012',
      column,
    })
  })

  it('the period of a resource group', async () => {
    expect(
      await refusal(
        db.query(`select almanac.set_resource_group('api', max_starts => 1, starts_per => $1)`, [length]),
      ),
    ).toMatchObject({ code: 'AL019', column: 'starts_per' })
  })
})
