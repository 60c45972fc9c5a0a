import { PATHS } from '../../../shared/paths.ts'

/** Lists that pages of one thing lead back to. */
export type ListPath = typeof PATHS.schedules | typeof PATHS.runs

const kept = new Map<string, Record<string, unknown>>()

/** Notes what a list was narrowed to when it was left; the run next to it belongs to its own page. */
export function keepList(path: string, { run: _run, ...search }: Record<string, unknown>): void {
  if (path === PATHS.schedules || path === PATHS.runs) kept.set(path, search)
}

/** What the list was narrowed to. */
export function lastList(path: ListPath): Record<string, unknown> {
  return kept.get(path) ?? {}
}
