import { expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { REPEATABLE, UNFINISHED } from '../../web/src/runs/bulkFilter.ts'
import { cutReasons } from '../../web/src/runs/log/runLog.ts'
import { intervalText, type Interval } from '../../web/src/time/interval.ts'
import { longestName, mostViews } from '../../web/src/calendar/filter/savedViews.ts'
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

test('the client and the documentation name the bounds of a log that the database has', async () => {
  const [kept] = await db.query<{ lines: number; bytes: number; comment: string }>(
    `select k.lines, k.bytes, obj_description('almanac.run_log'::regproc) as comment from almanac_private.kept_log() k`,
  )

  const lines = `its first and its last ${kept!.lines.toLocaleString('en-GB')} lines`
  expect(cutReasons['bound']).toBe(`A run keeps ${lines}, and ${kept!.bytes / 1000} kB of each.`)
  expect(kept!.comment).toContain(`${lines}, and ${kept!.bytes.toLocaleString('en-GB')} bytes of each`)
})

test.each([
  [longestName, mostViews],
  [longestName + 1, mostViews],
  [longestName, mostViews + 1],
])(
  'a name of %i characters and %i saved views are as many as the database keeps, or too many',
  async (length, count) => {
    const saved = db.query(
      `select almanac_private.check_saved_views(jsonb_agg(jsonb_build_object(
       'name', lpad(n::text, $1, 'x'), 'address', '/calendar/week')))
     from generate_series(1, $2) n`,
      [length, count],
    )

    if (length > longestName || count > mostViews)
      await expect(saved).rejects.toMatchObject({ code: 'AL019' })
    else expect(await saved).toHaveLength(1)
  },
)

test.each([
  ['0', '0 seconds'],
  ['01:00:00', '1 hour'],
  ['90 seconds', '1 minute 30 seconds'],
  ['1.5 seconds', '1.5 seconds'],
  ['36 hours', '36 hours'],
  ['1 week', '7 days'],
  ['1 year 6 months', '1 year 6 months'],
  ['-1 day -2 hours', '-1 day -2 hours'],
])('the database and the client put %s into the same words', async (length, words) => {
  const [interval] = await db.query<{ spoken: string; parts: Interval }>(
    `select almanac_private.spoken_interval(i) as spoken, jsonb_build_object('years', extract(year from i),
       'months', extract(month from i), 'days', extract(day from i), 'hours', extract(hour from i),
       'minutes', extract(minute from i), 'seconds', extract(second from i)) as parts
     from (select $1::interval as i) l`,
    [length],
  )

  expect([interval!.spoken, intervalText(interval!.parts)]).toEqual([words, words])
})
