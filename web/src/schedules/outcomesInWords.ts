import { runStateLabel, type RunState } from '../runs/runState.ts'

/** How outcomes add up, in words: "57 succeeded, 2 failed". */
export function outcomesInWords(outcomes: readonly RunState[]): string {
  const counts = new Map<string, number>()
  for (const state of outcomes) {
    const label = runStateLabel(state).toLowerCase()
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return [...counts].map(([label, count]) => `${count} ${label}`).join(', ')
}
