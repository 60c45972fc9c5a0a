import { expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { REPEATABLE, UNFINISHED } from '../../web/src/runs/bulkFilter.ts'
import { cutReasons } from '../../web/src/runs/log/runLog.ts'
import { workerStates } from '../../web/src/workers/worker.ts'

const db = useTestDatabase()

// What an enum allows is bound to the client by its types.
test.each([
  ['worker_status_is_known', workerStates],
  ['log_says_why_it_is_cut', cutReasons],
])('the client has words for all that %s allows', async (constraint, words) => {
  const rows = await db.query<{ text: string }>(
    'select pg_get_constraintdef(oid) as text from pg_constraint where conname = $1 and coninhcount = 0',
    [constraint],
  )

  const allowed = /ARRAY\[(.*?)\]|'\{(.*?)\}'/.exec(rows[0]!.text)
  const values = (allowed?.[1] ?? allowed?.[2] ?? '')
    .split(',')
    .map((each) => each.replace(/'|::text|\s/g, ''))
  expect(values.toSorted()).toEqual(Object.keys(words).toSorted())
})

test.each([
  [
    'repeats',
    REPEATABLE,
    `almanac_private.retry_problem(jsonb_populate_record(null::almanac.runs, jsonb_build_object('status', s)))
       is distinct from format('It is %s.', s)`,
  ],
  [
    'cancels',
    UNFINISHED,
    `position(quote_literal(s::text) in (select pg_get_constraintdef(oid) from pg_constraint
       where conname = 'run_is_finished_when_final' and coninhcount = 0)) = 0`,
  ],
])('the client %s runs of all statuses for which the database does', async (_, statuses, condition) => {
  const rows = await db.query<{ status: string }>(
    `select s::text as status from unnest(enum_range(null::almanac.run_status)) s where ${condition}`,
  )

  expect(rows.map(({ status }) => status).toSorted()).toEqual([...statuses].toSorted())
})
