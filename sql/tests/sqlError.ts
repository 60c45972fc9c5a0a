import type { DatabaseError } from 'pg'

/** What a statement was refused with, for tests to look at; fails if it was not. */
export async function refusal(statement: Promise<unknown>): Promise<{
  code: string | undefined
  column: string | undefined
  message: string
  detail: string | undefined
  hint: string | undefined
}> {
  try {
    await statement
  } catch (error) {
    const { code, column, message, detail, hint } = error as DatabaseError
    return { code, column, message, detail, hint }
  }
  throw new Error('The statement was not refused.')
}
