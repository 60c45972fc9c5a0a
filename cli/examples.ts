import { escapeIdentifier, type Client } from 'pg'
import { DatabaseClient } from '../process/client.ts'

interface Example {
  readonly name: string
  readonly cron: string
  readonly description: string
  readonly statement: string
}

const TABLE = `create table examples.database_stats (
  recorded_at timestamptz primary key default now(),
  database_bytes bigint not null,
  connections int not null
)`

const EXAMPLES: readonly Example[] = [
  {
    name: 'record-database-stats',
    cron: '* * * * *',
    description: 'Every minute: how large the database is, and how many connections it has.',
    statement: `insert into examples.database_stats (database_bytes, connections)
select pg_database_size(current_database()), numbackends from pg_stat_database where datname = current_database()
on conflict do nothing`,
  },
  {
    name: 'prune-database-stats',
    cron: '0 * * * *',
    description: 'Every hour: forgets what is older than a week.',
    statement: `delete from examples.database_stats where recorded_at < now() - interval '7 days'`,
  },
  {
    name: 'analyze-database-stats',
    cron: '30 3 * * *',
    description: 'Every night: fresh statistics for the planner.',
    statement: 'analyze examples.database_stats',
  },
]

/** Gives a new database three schedules that do real work, once: deleted, they do not come back. */
export async function createExamples(connectionString: string): Promise<void> {
  const client: Client = new DatabaseClient({ connectionString, application_name: 'almanac examples' })
  await client.connect()
  try {
    await client.query('begin')
    const { rowCount } = await client.query(
      `insert into almanac_private.settings (key, value) values ('examples_created', 'true') on conflict do nothing`,
    )
    const { rows } = await client.query<{ role_name: string | null }>(
      'select almanac.sql_login() as role_name',
    )
    const role = rows[0]?.role_name
    if (rowCount && role) await create(client, escapeIdentifier(role))
    await client.query('commit')
  } finally {
    await client.end()
  }
}

async function create(client: Client, role: string): Promise<void> {
  await client.query(`grant ${role} to current_user with inherit true, set true`)
  await client.query(`create schema if not exists examples authorization ${role}`)
  await client.query(`set local role ${role}`)
  await client.query(TABLE)
  await client.query('reset role')
  for (const { name, cron, description, statement } of EXAMPLES) {
    await client.query(
      `select from almanac.schedule_cron(name => $1, cron => $2, task => 'almanac:sql', payload => $3, settings => $4)`,
      [name, cron, { statement }, { description, tags: ['example'] }],
    )
  }
}
