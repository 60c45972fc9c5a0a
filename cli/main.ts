import { parseArgs } from 'node:util'
import { describeError } from '../worker/log.ts'
import { COMMANDS } from './commands.ts'
import { readSettings } from './settings.ts'

const HELP = `Almanac, a job scheduler that lives in PostgreSQL.

Usage: almanac <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(17)}${summary}`)
  .join('\n')}

Settings (environment variables; an empty one counts as unset):
  DATABASE_URL          the server to use; unset: an embedded PostgreSQL in ALMANAC_DATA_DIR
  ALMANAC_DIRECT_URL    the same database past a transaction pooler, for what needs a session
  ALMANAC_DATA_DIR      where the embedded database lives (.almanac)
  ALMANAC_ENVIRONMENT   name of this installation; workers named otherwise do not work in its database
  PORT, HOST            where the web address answers (5678, 127.0.0.1)
  ALMANAC_PUBLIC_URL    where browsers reach it, if a proxy stands before it
  ALMANAC_CONCURRENCY   how many jobs one worker runs at a time
  ALMANAC_SQL_CONNECTIONS
                        how many almanac:sql statements one worker runs at a time
  ALMANAC_TASKS_DIR     your own tasks (tasks)
  ALMANAC_SERVER_URL, ALMANAC_WORKER_URL, ALMANAC_SQL_URL
                        logins of their own for server, worker and almanac:sql, which migrate makes
`

async function main(args: string[]): Promise<void> {
  const [name = '', ...rest] = args
  if (name === '' || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(HELP)
    if (name === '') process.exitCode = 1
    return
  }
  const command = COMMANDS[name]
  if (!command) throw new Error(`There is no command "${name}". "almanac --help" lists them.`)

  const { values, positionals } = parseArgs({
    args: rest,
    options: { help: { type: 'boolean', short: 'h' }, ...command.options },
    allowPositionals: true,
  })
  if (values['help']) {
    process.stdout.write(command.help)
    return
  }
  await command.run({ settings: readSettings(process.env), flags: values, positionals })
}

// Without it Graphile's libraries say on every start that they take this for production.
process.env['GRAPHILE_ENV'] ||= 'production'

// Whoever reads our output may be gone before us: almanac status | head -1
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
