import * as v from 'valibot'
import type { Draft } from './draft.ts'

/** What a schedule was at one time, and who made it so. */
export interface Version {
  readonly draft: Draft
  /** Null of one that is not saved yet. */
  readonly updatedAt: string | null
  readonly by: string
  /** What has become of it besides its definition. */
  readonly status: string | null
}

/** What someone was typing, and what they were changing. */
export interface KeptDraft {
  readonly base: Version
  readonly typed: Draft
}

const prefix = 'almanac.draft '

const draft = v.record(v.string(), v.unknown())
const kept = v.object({
  user: v.string(),
  typed: draft,
  base: v.object({
    draft,
    updatedAt: v.nullable(v.string()),
    by: v.string(),
    status: v.nullable(v.string()),
  }),
})

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Keeps in the tab what someone was typing when their session ended. */
export function keepDraft(
  form: string,
  user: string,
  { base, typed }: KeptDraft,
  storage: Store = sessionStorage,
): void {
  storage.setItem(prefix + form, JSON.stringify({ user, typed, base }))
}

/** What the same user was typing in the same form, if it still has the same fields. Asked for once. */
export function takeDraft(
  form: string,
  user: string,
  like: Draft,
  storage: Store = sessionStorage,
): KeptDraft | null {
  const text = storage.getItem(prefix + form)
  storage.removeItem(prefix + form)
  const isDraft = (value: Record<string, unknown>): value is Record<string, unknown> & Draft =>
    Object.entries(like).every(([key, own]) => typeof value[key] === typeof own)
  try {
    const { output, success } = v.safeParse(kept, JSON.parse(text ?? 'null'))
    if (!success || output.user !== user) return null
    const { typed, base } = output
    return isDraft(typed) && isDraft(base.draft) ? { typed, base: { ...base, draft: base.draft } } : null
  } catch {
    return null
  }
}
