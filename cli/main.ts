import packageJson from '../package.json' with { type: 'json' }
import { COMMANDS } from './commands.ts'
import { explainFailure } from './failure.ts'
import { readSettings } from './settings.ts'
import { SETTINGS_HELP } from './settingsHelp.ts'
import { readArguments, suggestion } from './usage.ts'
import { UsageError } from './usageError.ts'

const HELP = `Almanac, a job scheduler that lives in PostgreSQL.

Usage: almanac <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(17)}${summary}`)
  .join('\n')}

Settings (environment variables; an empty one counts as unset):
${SETTINGS_HELP}
`

async function main(args: string[]): Promise<void> {
  const [first = '', ...rest] = args
  // "almanac help migrate" asks for the help of migrate.
  const isHelp = ['help', '--help', '-h'].includes(first)
  const [name, typed] = isHelp && rest[0] !== undefined ? [rest[0], ['--help']] : [first, rest]
  if (name === first && (isHelp || name === '')) {
    process.stdout.write(HELP)
    if (name === '') process.exitCode = 2
    return
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${packageJson.version}\n`)
    return
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(unknownCommand(name))

  const { flags, values, positionals } = readArguments(name, command, typed)
  if (flags['help']) {
    process.stdout.write(command.help)
    return
  }
  await command.run({ settings: readSettings(process.env), flags, values, positionals })
}

function unknownCommand(name: string): string {
  const usage = 'Usage: almanac <command> [options]; "almanac --help" lists the commands.'
  if (name.startsWith('-')) return `The command must come before its options: ${name}.\n${usage}`
  return `There is no command "${name}".${suggestion(name, Object.keys(COMMANDS))}\n${usage}`
}

// Without it Graphile's libraries say on every start that they take this for production.
process.env['GRAPHILE_ENV'] ||= 'production'

// The reader of our output may be gone before us: almanac status | head -1
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
  if (process.connected) process.disconnect()
}
