import { IconShieldCheck, IconShieldExclamation, IconShieldQuestion } from '@tabler/icons-react'
import type { LedgerState } from './ledger.ts'

const icons = {
  good: IconShieldCheck,
  problems: IconShieldExclamation,
  stale: IconShieldQuestion,
  never: IconShieldQuestion,
} as const satisfies Record<LedgerState, unknown>

interface LedgerIconProps {
  /** Null while it is not known. */
  state: LedgerState | null
  size?: number
}

/** The sign of how the ledger stands. */
export function LedgerIcon({ state, size = 20 }: LedgerIconProps) {
  const Icon = icons[state ?? 'good']
  return <Icon size={size} aria-hidden />
}
