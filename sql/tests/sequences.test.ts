import { beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
  for (let i = 0; i < 3; i++) await db.query(`select almanac.trigger_now('nightly')`)
})

const raise = () => db.query('select sequence_name, was_at, raised_to from almanac_private.raise_sequences()')

test('sequences that are ahead of their tables stay where they are', async () => {
  expect(await raise()).toEqual([])
})

test('a sequence behind its table continues after the highest id', async () => {
  await db.query(`select setval('almanac.runs_id_seq', 1)`)
  const [highest] = await db.query<{ id: string }>('select max(id) as id from almanac.runs')

  const raised = await raise()
  await db.query(`select almanac.trigger_now('nightly')`)

  expect(raised).toEqual([{ sequence_name: 'almanac.runs_id_seq', was_at: '1', raised_to: highest!.id }])
  expect(
    await db.query('select count(*)::int as runs, count(distinct id)::int as ids from almanac.runs'),
  ).toEqual([{ runs: 4, ids: 4 }])
})

test('so do those that were never asked, and those of jobs', async () => {
  await db.query(`
    alter sequence almanac.schedules_id_seq restart;
    alter sequence graphile_worker.jobs_id_seq1 restart;
    alter sequence graphile_worker.tasks_id_seq restart`)

  expect(await raise()).toEqual([
    expect.objectContaining({ sequence_name: 'almanac.schedules_id_seq', was_at: '0' }),
    expect.objectContaining({ sequence_name: 'graphile_worker.jobs_id_seq1' }),
    expect.objectContaining({ sequence_name: 'graphile_worker.tasks_id_seq' }),
  ])
})
