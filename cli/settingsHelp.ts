interface SettingHelp {
  /** The variables, separated by commas. */
  readonly names: string
  readonly default?: string
  readonly meaning: string
}

/** All settings, in the order of the README's table. */
export const SETTINGS: readonly SettingHelp[] = [
  { names: 'PORT, HOST', default: '5678, 127.0.0.1', meaning: 'where the server listens' },
  { names: 'ALMANAC_PUBLIC_URL', meaning: 'where browsers reach the server, if it is behind a proxy' },
  { names: 'ALMANAC_HOSTS', meaning: 'other names of the server, separated by commas' },
  {
    names: 'DATABASE_URL',
    default: 'an embedded PostgreSQL',
    meaning: 'the database',
  },
  {
    names: 'ALMANAC_DIRECT_URL',
    default: 'DATABASE_URL',
    meaning: 'the same database past a transaction pooler',
  },
  { names: 'ALMANAC_DATA_DIR', default: '.almanac', meaning: 'data of the embedded PostgreSQL' },
  { names: 'ALMANAC_CONCURRENCY', default: '100', meaning: 'how many runs a worker does at once' },
  {
    names: 'ALMANAC_SQL_CONNECTIONS',
    default: '10',
    meaning: 'how many statements of almanac:sql a worker runs at once',
  },
  {
    names: 'ALMANAC_BUSY_LIMIT',
    default: '60',
    meaning: 'how many seconds a task may hold the CPU of its worker',
  },
  {
    names: 'ALMANAC_ENVIRONMENT',
    meaning: 'name of this installation; workers with another refuse its database',
  },
  { names: 'ALMANAC_TASKS_DIR', default: 'tasks', meaning: 'tasks of your own' },
  { names: 'ALMANAC_SCHEDULES', meaning: 'a file of schedules in code that workers apply when they start' },
  { names: 'ALMANAC_SCHEDULES_VERSION', meaning: 'version of schedules in code whose file does not say it' },
  {
    names: 'ALMANAC_SQL_URL',
    default: 'logins of its own',
    meaning: 'one login for all statements of almanac:sql',
  },
  { names: 'ALMANAC_HTTP_ALLOW', meaning: 'addresses of your own network that almanac:http may reach' },
  {
    names: 'ALMANAC_SECRET_…, ALMANAC_SECRET_…_HOSTS',
    meaning: 'secrets for payloads of almanac:http, and where they may be sent',
  },
  {
    names: 'ALMANAC_EMAIL_URL',
    meaning: 'mail server of almanac:email: smtp://user:password@smtp.example.com',
  },
  { names: 'ALMANAC_EMAIL_FROM', meaning: 'sender of its e-mails' },
  { names: 'ALMANAC_EMAIL_ALLOW', meaning: 'who they may be sent to: *@example.com' },
  { names: 'ALMANAC_ARCHIVE_DIR', meaning: 'where workers write runs that retention removes, if asked to' },
  { names: 'ALMANAC_CGROUP', meaning: 'a folder of cgroup v2 for tasks with a limit on memory' },
  {
    names: 'ALMANAC_SERVER_URL, ALMANAC_WORKER_URL',
    meaning: 'logins that migrate prepares for the server and the workers',
  },
]

const WIDTH = 26

/** A line for each setting, two where its name is long. */
export const SETTINGS_HELP = SETTINGS.map(({ names, default: usual, meaning }) => {
  const start = `  ${names}`
  const place = start.length < WIDTH ? start.padEnd(WIDTH) : `${start}\n${' '.repeat(WIDTH)}`
  return `${place}${meaning}${usual === undefined ? '' : ` (${usual})`}`
}).join('\n')
