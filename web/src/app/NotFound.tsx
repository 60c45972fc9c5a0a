import { Link } from '@tanstack/react-router'
import { EmptyState } from '../panel/EmptyState.tsx'

/** For addresses that lead nowhere. */
export function NotFound() {
  return (
    <EmptyState title="There is no such page" action={<Link to="/">Go to the calendar</Link>}>
      The address leads nowhere; perhaps what it named was deleted.
    </EmptyState>
  )
}
