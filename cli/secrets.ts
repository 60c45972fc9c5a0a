import { userInfo } from 'node:os'
import { loginOf, withLogin } from '../process/databaseUrl.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables with which someone could log in to a database, or elsewhere. */
const SECRET = /^(DATABASE_URL|ALMANAC_(DIRECT|SERVER|WORKER|SQL|EMAIL)_URL|PGPASSWORD|ALMANAC_SECRET_\w+)$/
/** What only the worker needs, for its built-in tasks. */
const OF_TASKS = /^ALMANAC_(SECRET_\w+|EMAIL_URL)$/

/** The environment without what one could log in with. */
export function withoutSecrets(environment: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRET.test(name)))
}

/** The secrets of `almanac:http` and `almanac:email`. */
export function taskSecrets(environment: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => OF_TASKS.test(name)))
}

/** Takes them out of the environment of this process, which tasks read, and which programs that they start are given. */
export function forgetSecrets(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) if (SECRET.test(name)) delete environment[name]
}

/** The URL with the password in it that PGPASSWORD would give it. */
export function withPassword(url: string, environment: Environment): string {
  const { name, password } = loginOf(url)
  const given = environment['PGPASSWORD']
  if (password !== '' || !given) return url
  return withLogin(url, { name: name || environment['PGUSER'] || userInfo().username, password: given })
}
