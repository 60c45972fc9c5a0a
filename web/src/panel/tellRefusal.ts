import { notifications } from '@mantine/notifications'
import { problemLine, type Problem } from '../graphql/error.ts'

/** Says why something was refused, and what that was if that is not plain; false where nothing was. */
export function tellRefusal(refused: Problem | null | undefined, what?: string): boolean {
  if (refused === null || refused === undefined) return false
  const why = problemLine(refused)
  notifications.show({
    color: 'red',
    autoClose: 10_000,
    message: what === undefined ? why : `${what}: ${why}`,
  })
  return true
}
