import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usageError.ts'

/** `almanac adopt`: decides what happens in a copy of a database. */
export async function adopt(
  settings: Settings,
  { goOn, skip }: { goOn: boolean; skip: boolean },
): Promise<void> {
  if (goOn === skip) {
    throw new UsageError(
      'Say what happens to queued and overdue runs here: "almanac adopt --skip" if the original is still in use, "almanac adopt --continue" if it no longer exists.',
    )
  }
  await withQuery(
    await findDatabaseUrl(settings),
    async (query) => {
      const [adopted] = await query<{ cancelled: number }>('select almanac.adopt($1, $2) as cancelled', [
        goOn ? 'continue' : 'skip',
        settings.environment ?? null,
      ])
      const cancelled = adopted?.cancelled ?? 0
      process.stdout.write(
        goOn
          ? 'Adopted: queued and overdue runs go ahead here.\n'
          : `Adopted: ${cancelled} ${cancelled === 1 ? 'run was' : 'runs were'} cancelled, and what was due is recorded as stopped.\n`,
      )
    },
    'almanac_admin',
  )
}
