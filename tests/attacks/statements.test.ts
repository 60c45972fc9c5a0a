import { expect, test } from 'vitest'
import { useTestWorkers } from '../../worker/testing/testWorkers.ts'
import { until } from '../../worker/testing/until.ts'
import { readAttacks } from './table.ts'

const workers = useTestWorkers()
const attacks = readAttacks('statements').flatMap(([, rows]) => rows)

interface Ended {
  readonly schedule_name: string
  readonly status: string
  readonly error: string | null
  readonly result: { readonly rowCount: number; readonly rows: readonly Record<string, unknown>[] } | null
}

function outcomeOf({ status, error, result }: Ended): string {
  if (status !== 'succeeded') return /^code: (\w{5})$/m.exec(error ?? '')?.[1] ?? `${status}: ${error}`
  const [row] = result?.rows ?? []
  return row ? `value ${String(Object.values(row)[0])}` : `rows ${result?.rowCount}`
}

test('a statement of almanac:sql gets what its login has, whatever it tries', async () => {
  await workers.start({ sqlUrl: workers.database.connectionStringFor('plain'), concurrency: 10 })
  for (const { rule, text } of attacks) {
    const [statement, ...then] = text.split(/^-- then\n/m)
    await workers.trigger(rule, 'almanac:sql', { payload: { statement, then }, max_attempts: 1 })
  }

  const runs = await until('all have ended', async () => {
    const rows = await workers.query<Ended & Record<string, unknown>>(
      'select schedule_name, status, error, result from almanac.runs where finished_at is not null',
    )
    return rows.length === attacks.length && rows
  })

  const outcomes = new Map(runs.map((run) => [run.schedule_name, outcomeOf(run)]))
  expect(attacks.map(({ rule }) => [rule, outcomes.get(rule)])).toEqual(
    attacks.map(({ rule, gets }) => [rule, gets]),
  )
})
