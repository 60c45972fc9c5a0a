import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { readIcs } from '../web/src/exclusions/icsImport.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'

/** `almanac import-calendar`: the events of an .ics file become entries of a calendar of exclusions, in the stead of those of the same file before. */
export async function importCalendar(
  settings: Settings,
  { calendar, file, create }: { calendar: string | undefined; file: string | undefined; create: boolean },
): Promise<void> {
  if (!calendar || !file)
    throw new Error('Say which calendar and which file: almanac import-calendar "holidays fr" holidays.ics')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`The file ${file} cannot be read.`, { cause })
  })
  await withQuery(
    await findDatabaseUrl(settings),
    async (query) => {
      const timezone = 'select c.timezone from almanac.calendars c where c.name = $1'
      const [found] = await query<{ timezone: string | null }>(timezone, [calendar])
      const { entries, leftOut } = readIcs(text, { timezone: found?.timezone ?? 'UTC', now: Date.now() })
      if (!found && create) await query('select almanac.create_calendar($1)', [calendar])
      const [imported] = await query<{ count: number }>(
        'select almanac.import_exclusions($1, $2, $3) as count',
        [calendar, basename(file), JSON.stringify(entries)],
      )
      const left = leftOut.map(({ label, reason }) => `\n  ${label}: ${reason}`).join('')
      process.stdout.write(
        `${imported?.count ?? 0} entries of ${basename(file)} are in the calendar ${calendar}.${left && ` Left out:${left}`}\n`,
      )
    },
    'almanac_operator',
  )
}
