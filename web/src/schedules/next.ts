/** What the database says of the next time of a schedule. */
export interface NextFacts {
  readonly kind: string
  readonly status: string
  readonly deletedAt?: string | null
  /** When the engine looks at it next: not always a time at which it runs. */
  readonly nextRunAt: string | null
  /** Why it never runs, as far as anyone has looked. */
  readonly warning: string | null
  /** Why it does not run for now, whatever its own status: its task is switched off, or is not for its role. */
  readonly blockedBecause: string | null
}

/** When a schedule runs next, that it never does and why, or that nothing is expected of it. */
export type Next =
  | { readonly is: 'due'; readonly at: string }
  | { readonly is: 'never'; readonly why: string }
  | { readonly is: 'none'; readonly text: string }

/** The one answer to when a schedule runs next, wherever that is shown. */
export function nextOf({ kind, status, deletedAt, nextRunAt, warning, blockedBecause }: NextFacts): Next {
  if (deletedAt != null) return { is: 'none', text: 'Deleted' }
  if (warning !== null) return { is: 'never', why: warning }
  if (status === 'paused') return { is: 'none', text: 'Paused' }
  if (status === 'disabled') return { is: 'none', text: 'Disabled' }
  if (status === 'completed') return { is: 'none', text: 'Completed' }
  if (blockedBecause !== null) return { is: 'none', text: 'Blocked' }
  if (nextRunAt !== null) return { is: 'due', at: nextRunAt }
  return { is: 'none', text: kind === 'manual' ? 'When triggered' : 'None' }
}
