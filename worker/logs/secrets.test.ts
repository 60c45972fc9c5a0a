import { expect, test } from 'vitest'
import { readHttpSettings } from '../tasks/http/settings.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { currentAttempt } from '../runs/attempt.ts'
import { databaseSecrets } from './databaseSecrets.ts'

const workers = useTestWorkers()
const SECRET = 'not/for "everyone"'
const http = readHttpSettings({ ALMANAC_SECRET_TOKEN: SECRET })

/** All that is kept of the runs of a schedule, wherever it is. */
async function allOf(schedule: string): Promise<string> {
  const [kept] = await workers.query<{ kept: string }>(
    `select jsonb_build_array(
       (select jsonb_agg(r) from almanac.runs r where r.schedule_name = $1),
       (select jsonb_agg(a) from almanac.runs r join almanac.run_attempts a on a.run_id = r.id where r.schedule_name = $1),
       (select jsonb_agg(l) from almanac.runs r, almanac.run_log(r.id) l where r.schedule_name = $1),
       (select jsonb_agg(j) from graphile_worker._private_jobs j)
     )::text as kept`,
    [schedule],
  )
  return kept!.kept
}

const said = `I have ${SECRET}, ${SECRET.replaceAll('/', '\\/')} and ${process.cwd()}/tasks`

test.each([
  ['returns it', () => ({ said, [SECRET]: [{ said }] }), 'succeeded'],
  ['returns what is too long', () => ({ said: said.repeat(2_000) }), 'succeeded'],
  ['returns what is not JSON', () => Object.assign(() => undefined, { said }), 'succeeded'],
  [
    'throws it',
    () => {
      throw new TypeError(said, { cause: Object.assign(new Error(`inner: ${said}`), { code: SECRET }) })
    },
    'failed',
  ],
  [
    'throws what is not an error',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a task may throw anything
      throw { message: said, detail: said }
    },
    'failed',
  ],
  [
    'fails by code that it has left behind',
    () => {
      currentAttempt()?.fail(new Error(said))
      return new Promise((_resolve, reject) => setImmediate(reject, new Error('stopped')))
    },
    'failed',
  ],
] as const)('of a task that %s, no secret and no folder of the worker is kept', async (how, end, status) => {
  const worker = await workers.start({
    http,
    tasks: {
      tells(_payload, helpers) {
        helpers.logger.info(said)
        helpers.logger.scope({ label: 'x' }).error(`scoped: ${said}`)
        helpers.progress(0.5, said)
        return end()
      },
    },
  })
  await workers.trigger(how, 'tells', { max_attempts: 1 })
  await workers.run(how, status)

  const kept = await allOf(how)
  expect(kept).toContain('{{secret:TOKEN}}')
  for (const text of [kept, worker.messages.join('\n')]) {
    expect(text).not.toContain('not/for')
    expect(text).not.toContain(String.raw`not\/for`)
  }
  expect((await workers.run(how, status)).error ?? '').not.toContain(process.cwd())
})

test('what leads to the database is kept out as well', async () => {
  const url = new URL(workers.database.connectionStringFor('worker'))
  await workers.start({ tasks: { tells: () => `connected by ${url.username}:${url.password}` } })
  await workers.trigger('url', 'tells')

  const { result } = await workers.run('url', 'succeeded')
  expect([url.password !== '', result]).toEqual([true, 'connected by {{secret:DATABASE_URL}}'])
})

test('a short password counts next to its login alone, a long one anywhere', () => {
  const of = (url: string) => databaseSecrets('DATABASE_URL', url).map(([, { value }]) => value)

  expect(of('postgres://ann:postgres@db/almanac')).toEqual(['ann:postgres'])
  expect(of('postgres://ann:a%2Flong%20and%20good%20one@db/almanac')).toEqual([
    'ann:a/long and good one',
    'a/long and good one',
  ])
  expect(of('postgres://ann@db/almanac')).toEqual([])
})
