import { notifications } from '@mantine/notifications'
import { problemLine, type Problem } from '../../graphql/error.ts'

/** Says why something was refused, if it was. */
export function tellRefusal(what: string, refused: Problem | null): void {
  if (refused === null) return
  notifications.show({ color: 'red', autoClose: 10_000, message: `${what}: ${problemLine(refused)}` })
}
