import { makeWorkerUtils } from 'graphile-worker'
import { hold, type Act } from './acts.ts'
import { ask } from './ask.ts'
import { POISONS } from './poisons.ts'

/** What each statement of a worker may take, and wait for a lock: less than the locks below are held for. */
export const LIMITS = '-c lock_timeout=1000 -c statement_timeout=3000'

/** Schedules of one task each that hurts the process it runs in; they run when an act says so. */
export const POISONOUS = `
  insert into almanac.schedules (name, kind, task_identifier, payload, max_attempts, retry_delay)
  select 'poison that ' || does, 'manual', 'poison', jsonb_build_object('does', does), 2, '0' from unnest($1::text[]) does`

/** What people do to databases and write into tasks, besides killing processes. */
export const TROUBLES: readonly Act[] = [
  ...['_private_tasks', '_private_jobs', '_private_job_queues'].map((table): Act => [
    `lock graphile_worker.${table} for longer than workers wait`,
    ({ cluster, random }) =>
      hold(cluster, `lock table graphile_worker.${table} in access exclusive mode`, 1_500 + random(2_500)),
  ]),
  ...['almanac.runs', 'almanac.schedules', 'almanac.workers'].map((table): Act => [
    `lock ${table} for longer than workers wait`,
    ({ cluster, random }) =>
      hold(cluster, `lock table ${table} in access exclusive mode`, 1_500 + random(2_500)),
  ]),
  [
    'collect the garbage of Graphile Worker',
    async ({ cluster }) => {
      const utils = await makeWorkerUtils({ connectionString: cluster.connectionString })
      try {
        await utils.cleanup({ tasks: ['GC_TASK_IDENTIFIERS', 'GC_JOB_QUEUES'] })
      } finally {
        await utils.release()
      }
    },
  ],
  ...Object.keys(POISONS).map((does): Act => [
    `run a task that ${does}`,
    async ({ cluster }) => {
      await ask(cluster.connectionString, 'select almanac.trigger_now($1)', [`poison that ${does}`])
    },
  ]),
]
