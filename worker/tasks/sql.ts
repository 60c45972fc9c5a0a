import * as v from 'valibot'
import type { DatabaseClient } from '../../process/client.ts'
import { markPermanent } from '../runs/permanent.ts'
import type { RunHelpers, RunTask } from '../run.ts'
import type { WithSqlSession } from './sqlSession.ts'
import { noteTo, runStatement, type SqlResult } from './sqlStatement.ts'

/**
 * The task `almanac:sql`: runs `payload.statement`, and then each of `payload.then`, in one session. Each is sent alone,
 * outside of any transaction.
 */
export function createSqlTask(withSession: WithSqlSession): RunTask {
  return (payload, helpers) => {
    const statements = readStatements(payload)
    return withSession(helpers, (client) => runInTurn(client, statements, helpers))
  }
}

/** One after the other, each as it is sent alone. A statement that catches its cancelling is the last. */
async function runInTurn(
  client: DatabaseClient,
  statements: readonly string[],
  { abortSignal, logger, progress }: RunHelpers,
): Promise<SqlResult> {
  const results: SqlResult[] = []
  const count = statements.length
  for (const [done, text] of statements.entries()) {
    abortSignal.throwIfAborted()
    if (count > 1) progress(done / count, `statement ${done + 1} of ${count}`)
    try {
      results.push(await runStatement(client, text, noteTo(logger)))
    } catch (error) {
      throw count > 1 ? placed(error, done, count) : error
    }
    if (count > 1) logger.info(`Statement ${done + 1} of ${count} is done: ${results[done]!.command}.`)
  }
  const last = results.at(-1)!
  if (count === 1) return last
  return { ...last, statements: results.map(({ command, rowCount }) => ({ command, rowCount })) }
}

/** Says which statement it was, and what of the others stays done. */
function placed(error: unknown, done: number, count: number): unknown {
  if (!(error instanceof Error)) return error
  error.message = `Statement ${done + 1} of ${count}: ${error.message}`
  if (done > 0)
    error.message += `\nWhat ${done === 1 ? 'the statement' : `the ${done} statements`} before it did is committed. Another attempt begins with the first.`
  return error
}

/** The database checks a payload by the schema of the task when it is written, but not what an older release saved. */
const Statement = v.pipe(v.string(), v.regex(/\S/))
const Payload = v.object({ statement: Statement, then: v.optional(v.array(Statement), []) })

function readStatements(payload: unknown): string[] {
  const read = v.safeParse(Payload, payload)
  if (read.success) return [read.output.statement, ...read.output.then]
  throw markPermanent(
    new Error('almanac:sql needs a statement. Set the payload of the schedule to {"statement": "select …"}.'),
  )
}
