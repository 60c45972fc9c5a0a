import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { getOperationAST, OperationTypeNode, parse } from 'postgraphile/graphql'
import { signInBy } from '../../server/testing/client.ts'
import { postgresTool } from '../troubles/debianPostgres.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Someone who reads the documents and types what they show: in psql, in a shell, and signed in over GraphQL. */
export interface Reader {
  sql(code: string): Promise<void>
  sh(code: string): Promise<void>
  graphql(code: string): Promise<void>
}

/** A reader who has just run `npm start` on `dataDir`, and opened the link that it printed. */
export async function createReader({
  dataDir,
  databaseUrl,
  link,
}: {
  dataDir: string
  databaseUrl: string
  link: string
}): Promise<Reader> {
  const session = await signInBy({ url: new URL(link).origin }, link)
  const environment = {
    ALMANAC_DATA_DIR: dataDir,
    DATABASE_URL: '',
    PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  }
  return {
    sql: (code) =>
      run(postgresTool('psql'), ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', databaseUrl], code),
    sh: (code) => run('sh', ['-e'], code, environment),
    async graphql(code) {
      if (getOperationAST(parse(code))?.operation === OperationTypeNode.SUBSCRIPTION) {
        const events = session.subscribe(code)
        await events.next()
        await events.end()
        return
      }
      const { errors } = await session.graphql(code)
      if (errors) throw new Error(JSON.stringify(errors, null, 2))
    },
  }
}

async function run(program: string, args: string[], input: string, environment = {}): Promise<void> {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...environment } })
  let output = ''
  const read = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`)
}
