import { exit } from 'node:process'

/** Ends the process by a function that it took before anyone replaced it, or after. */
export default async function exitsByName(): Promise<void> {
  await Promise.resolve()
  exit(7)
}
