import { Button } from '@mantine/core'
import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { EmptyState } from '../panel/EmptyState.tsx'

/** In the place of a page that could not be drawn: why, and the ways on. */
export function BrokenPage({ error }: ErrorComponentProps) {
  return (
    <div role="alert">
      <EmptyState
        title="This page could not be shown"
        level={1}
        action={
          <Button size="xs" onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      >
        It is a fault of the page: what the database holds is untouched. Reload it, or{' '}
        <Link to="/">go to the calendar</Link>. The fault:{' '}
        {error instanceof Error ? error.message : String(error)}
      </EmptyState>
    </div>
  )
}
