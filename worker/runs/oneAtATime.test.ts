import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'

const workers = useTestWorkers()

test('runs that are tried one at a time follow each other at once, without waiting for a poll', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) await workers.trigger(name, 'suspect')
  await workers.query(
    `select graphile_worker.add_jobs(array(
       select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier, r.payload, r.priority, null, 2)
       from almanac.runs r))`,
  )
  let going = 0
  let most = 0

  await workers.start({
    pollInterval: 60_000,
    tasks: {
      async suspect() {
        most = Math.max(most, ++going)
        await setImmediate()
        going--
      },
    },
  })

  for (const name of names) await workers.run(name, 'succeeded')
  expect(most).toBe(1)
})
