import type { Draft } from './draft.ts'
import { draftLabels } from './draftLabels.ts'

const keys = Object.keys(draftLabels) as (keyof Draft)[]
const isSame = (a: Draft, b: Draft, key: keyof Draft) => JSON.stringify(a[key]) === JSON.stringify(b[key])

/** The fields in which two drafts differ. */
function changed(before: Draft, after: Draft): readonly (keyof Draft)[] {
  return keys.filter((key) => !isSame(before, after, key))
}

/** The names of the fields that someone else changed, and of those that both changed, to different values. */
export function editsInWords(
  base: Draft,
  mine: Draft,
  theirs: Draft,
): { theirs: readonly string[]; both: readonly string[] } {
  const own = new Set(changed(base, mine))
  const others = changed(base, theirs)
  return {
    theirs: others.map((key) => draftLabels[key]),
    both: others.filter((key) => own.has(key) && !isSame(mine, theirs, key)).map((key) => draftLabels[key]),
  }
}

/** My changes on top of theirs: fields that I left alone are as they made them. */
export function onTopOf(base: Draft, mine: Draft, theirs: Draft): Draft {
  const own = new Set(changed(base, mine))
  const kept = Object.fromEntries([...own].map((key) => [key, mine[key]])) as Partial<Draft>
  return { ...theirs, ...kept }
}
