import { readdir, readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

/** Who uses Graphile Worker's schema in this database. */
interface Use {
  readonly revision: number | null
  /** Sessions that listen for jobs, as each worker does: those that this login may see. */
  readonly workers: readonly string[]
  readonly jobs: number
  readonly locked: number
}

/**
 * Throws where Graphile Worker's schema would be brought past a breaking revision while someone uses it: workers of an
 * older Graphile Worker end when it comes, and do not start again.
 */
export async function requireNoOlderWorkers(client: ClientBase): Promise<void> {
  const use = await findUse(client)
  const { revision, workers, jobs, locked } = use
  if (revision === null) return
  const coming = (await readRevisions()).filter(({ number }) => number > revision)
  const breaking = coming.filter(({ isBreaking }) => isBreaking).map(({ number }) => number)
  if (breaking.length === 0 || (workers.length === 0 && jobs === 0)) return
  throw new Error(
    `This database has Graphile Worker's schema at revision ${revision}. This would migrate it to ${coming.at(-1)?.number}, past ${breaking.join(', ')}: workers of an older Graphile Worker then shut down, and do not start again. Nothing was changed.

It is in use: ${[
      `${workers.length} listening for jobs${workers.map((name) => `\n  ${name}`).join('')}`,
      `${jobs} jobs of an application, ${locked} of them being done`,
    ].join('\n')}

Upgrade the application to the Graphile Worker of this Almanac first ("npm ls graphile-worker"): its own workers then upgrade the schema. Or stop its workers, and let jobs end or wait; then:

  almanac migrate --upgrade-graphile-worker`,
  )
}

async function findUse(client: ClientBase): Promise<Use> {
  const { rows: found } = await client.query(
    `select from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass('graphile_worker.migrations')`,
  )
  if (found.length === 0) return { revision: null, workers: [], jobs: 0, locked: 0 }
  const { rows } = await client.query<Use>(`
    select (select max(m.id) from graphile_worker.migrations m) as revision,
      array(
        select pg_catalog.format('process %s, %s as %s, application_name %L', a.pid, coalesce(a.client_addr::text, 'local'), a.usename, a.application_name)
        from pg_catalog.pg_stat_activity a
        where a.datname = pg_catalog.current_database() and a.query ilike '%listen "jobs:insert"%' and a.pid <> pg_catalog.pg_backend_pid()
        order by a.pid) as workers,
      j.jobs, j.locked
    from (
      select count(*)::int as jobs, count(*) filter (where f.job ->> 'locked_at' is not null)::int as locked
      -- As a whole: older revisions have other columns.
      from (select pg_catalog.to_jsonb(j) as job from graphile_worker.jobs j) f
      where coalesce(f.job ->> 'key', '') !~ '^(schedule|run):[0-9]+$'
    ) j`)
  return rows[0]!
}

/** The revisions that come with the Graphile Worker of this Almanac. */
async function readRevisions(): Promise<{ number: number; isBreaking: boolean }[]> {
  const folder = new URL('../sql/', import.meta.resolve('graphile-worker'))
  const names = (await readdir(folder)).filter((name) => /^\d{6}\.sql$/.test(name)).sort()
  return await Promise.all(
    names.map(async (name) => ({
      number: Number(name.slice(0, 6)),
      isBreaking: (await readFile(new URL(name, folder), 'utf8')).startsWith('--! breaking'),
    })),
  )
}
