import { Why } from './Why.tsx'
import { useWhy, type WhySubject } from './useWhy.ts'

/** Why something ran or did not. */
export function WhyOf({ subject, zone }: { subject: WhySubject; zone: string }) {
  return <Why {...useWhy(subject)} zone={zone} />
}
