import type { Settings } from './settings.ts'

interface CommandInput {
  readonly settings: Settings
  readonly flags: Readonly<Record<string, boolean>>
  readonly values: Readonly<Record<string, string>>
  readonly positionals: readonly string[]
}

/** A command of the program. What it needs is loaded when it runs. */
export interface Command {
  readonly summary: string
  /** Its first line says how it is used. */
  readonly help: string
  /** What may be switched on: `--current`. */
  readonly options: readonly string[]
  /** What has a value: `--plan=plan.json`. */
  readonly values?: readonly string[]
  readonly arguments?: { readonly required?: readonly string[]; readonly optional?: readonly string[] }
  run(input: CommandInput): Promise<void>
}

const migrating = ['current', 'upgrade-graphile-worker']
const MIGRATING_HELP = `  --current   also apply sql/migrations/current.sql, the migration in development
  --upgrade-graphile-worker
              migrate Graphile Worker's schema past a breaking revision, even if an application uses it
`
const choices = (flags: CommandInput['flags']) => ({
  withCurrent: flags['current'] === true,
  upgradeGraphileWorker: flags['upgrade-graphile-worker'] === true,
})

const PLAN_HELP = `almanac plan [file] [--adopt=names] [--json] [--detailed-exitcode]

Shows what "almanac apply" would do: schedules created, changed, archived, and which occurrences of the next 30 days
are added, removed and moved. Nothing is changed. Without a file: schedules.ts, .js, .json or .yaml of this folder.

  --adopt=names         names of schedules made manually, separated by commas, that become the code's
  --json                print the plan as JSON, which "almanac apply --plan=file" applies
  --detailed-exitcode   exit with 2 if something would change

  exits with 0   the schedules can be applied
  exits with 1   a definition is refused, or the plan could not be made
`
const APPLY_HELP = `almanac apply [file] [--plan=file] [--adopt=names] [--allow-older] [--yes]

Brings the schedules that the file's code manages to what it says, in one transaction, after it has shown the plan and
asked. What changed between plan and apply is refused.

  --plan=file     apply this plan of "almanac plan --json", without asking
  --adopt=names   names of schedules made manually, separated by commas, that become the code's
  --allow-older   apply an older version than the one that is applied
  --yes           do not ask

  exits with 0   the schedules are applied
  exits with 1   nothing was changed
`

export const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    summary: 'run everything in this terminal: database, migrations, server, worker',
    help: `almanac start [--current] [--upgrade-graphile-worker]\n\nRuns the database (unless DATABASE_URL names one), the migrations, the server with the web client and one worker,\nuntil Ctrl-C. Processes that exit are restarted.\n\n${MIGRATING_HELP}`,
    options: migrating,
    async run({ settings, flags }) {
      const { start } = await import('./start/start.ts')
      await start({ settings, ...choices(flags) })
    },
  },
  migrate: {
    summary: 'bring the database up to date, and create missing logins',
    help: `almanac migrate [--current] [--upgrade-graphile-worker]\n\nApplies the committed migrations to DATABASE_URL (or ALMANAC_DIRECT_URL), and creates the logins that\nALMANAC_SERVER_URL, ALMANAC_WORKER_URL and ALMANAC_SQL_URL name.\n\n${MIGRATING_HELP}`,
    options: migrating,
    async run({ settings, flags }) {
      const { migrate } = await import('./migrate.ts')
      await migrate(settings, choices(flags))
    },
  },
  server: {
    summary: 'run the server: web client, GraphQL',
    help: 'almanac server\n\nServes the web client and GraphQL at HOST and PORT.\n',
    options: [],
    async run({ settings }) {
      const { runServer } = await import('./server.ts')
      await runServer(settings)
    },
  },
  worker: {
    summary: 'run a worker',
    help: 'almanac worker\n\nFires schedules and runs jobs. You can run any number of workers, on any machines.\n',
    options: [],
    async run({ settings }) {
      const { runWorker } = await import('./worker.ts')
      await runWorker(settings)
    },
  },
  db: {
    summary: 'print the URL of the database; starts the embedded one if it is not running',
    help: 'almanac db\n\nPrints the URL of the database. If it is the embedded one and not running, starts it and keeps it running until Ctrl-C.\n',
    options: [],
    async run({ settings }) {
      const { runDatabase } = await import('./db.ts')
      await runDatabase(settings)
    },
  },
  status: {
    summary: 'show what is running, and what is wrong',
    help: `almanac status\n\nShows where Almanac runs, and what its workers and schedules are doing.\n\n  exits with 0   nothing is wrong. "Note:" lists what resolves itself: a role or an operator has reached a limit, all\n                 slots are taken, runs are being caught up at their pace\n  exits with 1   something is wrong, listed under "Wrong:": no worker is running, a schedule is overdue, runs do not begin\n                 (for 30 s though a slot is free, or for 5 minutes), a session blocks Almanac, all schedules are paused,\n                 the ledger has problems, the database is a copy; or the state could not be determined\n`,
    options: [],
    async run({ settings }) {
      const { printStatus } = await import('./status.ts')
      await printStatus(settings)
    },
  },
  adopt: {
    summary: 'decide what happens in a copy of a database',
    help: `almanac adopt --continue | --skip\n\nA database that was copied (restored from a dump, cloned, upgraded) fires and runs nothing until you decide.\nALMANAC_ENVIRONMENT, if set, is recorded with it.\n\n  --skip       the original is still in use: queued and running runs are cancelled, what was due is recorded as stopped\n  --continue   the original no longer exists: queued and overdue runs go ahead here, as each schedule says\n`,
    options: ['continue', 'skip'],
    async run({ settings, flags }) {
      const { adopt } = await import('./adopt.ts')
      await adopt(settings, { goOn: flags['continue'] === true, skip: flags['skip'] === true })
    },
  },
  plan: {
    summary: 'show what applying the schedules in code would change',
    help: PLAN_HELP,
    options: ['json', 'detailed-exitcode'],
    values: ['adopt'],
    arguments: { optional: ['a file of schedules'] },
    async run({ settings, flags, values, positionals: [file] }) {
      const { plan } = await import('./schedulesInCode.ts')
      await plan(settings, {
        file,
        adopt: values['adopt'],
        asJson: flags['json'] === true,
        detailed: flags['detailed-exitcode'] === true,
      })
    },
  },
  apply: {
    summary: 'apply the schedules in code',
    help: APPLY_HELP,
    options: ['yes', 'allow-older'],
    values: ['plan', 'adopt'],
    arguments: { optional: ['a file of schedules'] },
    async run({ settings, flags, values, positionals: [file] }) {
      const { apply } = await import('./schedulesInCode.ts')
      await apply(settings, {
        file,
        planFile: values['plan'],
        adopt: values['adopt'],
        yes: flags['yes'] === true,
        allowOlder: flags['allow-older'] === true,
      })
    },
  },
  'login-link': {
    summary: 'print a new one-time sign-in link',
    help: 'almanac login-link [username]\n\nPrints a link that signs in once, within 15 minutes. Without a name: as admin.\n',
    options: [],
    arguments: { optional: ['username'] },
    async run({ settings, positionals }) {
      const { printLoginLink } = await import('./loginLink.ts')
      await printLoginLink(settings, positionals[0])
    },
  },
  'import-calendar': {
    summary: 'import an .ics file into an exclusion calendar',
    help: 'almanac import-calendar <calendar> <file.ics> [--create]\n\nThe events become dates, ranges or recurring windows at which schedules that use the calendar do not run.\nImporting a file of the same name again replaces what it had brought.\n\n  --create   create the calendar if it does not exist\n',
    options: ['create'],
    arguments: { required: ['the name of a calendar', 'an .ics file'] },
    async run({ settings, positionals: [calendar, file], flags }) {
      const { importCalendar } = await import('./importCalendar.ts')
      await importCalendar(settings, { calendar: calendar!, file: file!, create: flags['create'] === true })
    },
  },
}
