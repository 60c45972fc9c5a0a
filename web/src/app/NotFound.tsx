import { Link } from '@tanstack/react-router'
import { EmptyState } from '../panel/EmptyState.tsx'

/** For addresses that lead nowhere. */
export function NotFound() {
  return (
    <EmptyState title="Page not found" action={<Link to="/">Go to the calendar</Link>}>
      Nothing exists at this address. It may have been deleted.
    </EmptyState>
  )
}
