/** Tasks that run a statement of their payload: almanac_private.is_statement_task() has the same. */
const STATEMENT_TASKS: readonly string[] = ['almanac:sql', 'almanac:report']

/** Whether a run of the task needs one of the connections for statements. */
export function isStatementTask(identifier: string): boolean {
  return STATEMENT_TASKS.includes(identifier)
}
