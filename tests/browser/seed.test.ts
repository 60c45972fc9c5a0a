import { beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database/createTestDatabase.ts'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { seed } from './seed.ts'

const NOW = new Date(Math.floor(Date.now() / 60_000) * 60_000)

const db = useTestDatabase()
beforeAll(async () => {
  await seed(db.query, { now: NOW, daily: 20, everyThirdDay: 10 })
})

describe('the seed', () => {
  it('has 70 schedules, those that were asked for, and 22,000 runs with every outcome', async () => {
    const schedules = await db.query(
      `select coalesce(tags[1] in ('daily', 'third day'), false) as more, count(*)::int from almanac.schedules
       where not is_system group by 1 order by 1`,
    )
    const runs = await db.query<{ status: string; count: number }>(
      `select status, count(*)::int from almanac.runs where trigger = 'schedule' group by 1 order by 2 desc`,
    )
    const unfinished = await db.query(
      `select status, count(*)::int from almanac.runs where finished_at is null group by 1 order by 1`,
    )

    expect(schedules).toEqual([
      { more: false, count: 70 },
      { more: true, count: 30 },
    ])
    expect(runs.map(({ status }) => status)).toEqual([
      'succeeded',
      'failed',
      'skipped',
      'timed_out',
      'cancelled',
    ])
    expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(22_000)
    expect(unfinished).toEqual([
      { status: 'queued', count: 3 },
      { status: 'running', count: 4 },
      { status: 'retrying', count: 1 },
    ])
  })

  it('has gaps for each reason, moved and skipped occurrences, pauses', async () => {
    const reasons = await db.query(`select distinct reason from almanac.omissions order by reason`)
    const overrides = await db.query(
      `select action, count(*)::int from almanac.occurrence_overrides group by 1 order by 1`,
    )
    const paused = await db.query(`select name from almanac.schedules where status = 'paused' order by name`)

    expect(reasons).toEqual([{ reason: 'missed' }, { reason: 'paused' }, { reason: 'excluded' }])
    expect(overrides).toEqual([
      { action: 'skip', count: 1 },
      { action: 'move', count: 2 },
    ])
    expect(paused).toEqual([{ name: 'legacy-import' }, { name: 'warehouse-sync' }])
  })

  it('leaves a ledger without findings', async () => {
    expect(await db.query(`select * from almanac.check_ledger()`)).toEqual([])
  })

  it('is the same for the same time', async () => {
    const digest = `select md5(string_agg(format('%s %s %s %s', schedule_name, scheduled_for, status, finished_at), ',' order by scheduled_for, schedule_name))
      from almanac.runs where trigger = 'schedule'`
    const other = await createTestDatabase()
    try {
      await seed(other.query, { now: NOW, daily: 20, everyThirdDay: 10 })

      expect(await other.query(digest)).toEqual(await db.query(digest))
    } finally {
      await other.drop()
    }
  })
})
