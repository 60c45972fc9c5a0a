import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('a worker starts where all sequences are behind their tables, and no id is given twice', async () => {
  const first = await workers.start()
  await workers.trigger('before', 'almanac:noop')
  await workers.run('before', 'succeeded')
  await first.close()
  await workers.query(`do $$ declare v_sequence regclass; begin
    for v_sequence in select c.oid from pg_class c where c.relkind = 'S' and c.relnamespace::regnamespace::text in ('almanac', 'graphile_worker')
    loop execute format('alter sequence %s restart', v_sequence); end loop; end $$`)

  await workers.start()
  await until(
    'both workers are there',
    async () => (await workers.query('select from almanac.workers')).length === 2,
  )
  await workers.query(`select almanac.trigger_now('before')`)
  await workers.trigger('after', 'almanac:noop')
  await workers.run('after', 'succeeded')

  const ids = `select count(*)::int as rows, count(distinct id)::int as ids from almanac.`
  expect(await workers.query(`${ids}runs`)).toEqual([{ rows: 3, ids: 3 }])
  expect(await workers.query(`${ids}workers`)).toEqual([{ rows: 2, ids: 2 }])
})
