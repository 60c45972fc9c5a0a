import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { decodeIcs, readIcs, type IcsImport } from '../shared/ical/icsImport.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'

/** `almanac import-calendar`: the events of an .ics file become entries of an exclusion calendar, in place of those of the same file before. */
export async function importCalendar(
  settings: Settings,
  { calendar, file, create }: { calendar: string; file: string; create: boolean },
): Promise<void> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`The file ${file} could not be read: ${whyUnreadable(cause)}.`, { cause })
  })
  await withQuery(
    await findDatabaseUrl(settings),
    async (query) => {
      const timezone = 'select c.timezone from almanac.exclusion_calendars c where c.name = $1'
      const [found] = await query<{ timezone: string | null }>(timezone, [calendar])
      const read = readIcs(decodeIcs(bytes), { timezone: found?.timezone ?? null, now: Date.now() })
      if (read.entries.length === 0 && read.leftOut.length > 0)
        throw new Error(
          `Nothing in ${basename(file)} can be imported, and nothing was changed.${reportOf(read)}`,
        )
      if (!found && create) await query('select almanac.create_calendar($1)', [calendar])
      const [imported] = await query<{ count: number }>(
        'select almanac.import_exclusions($1, $2, $3, $4) as count',
        [calendar, basename(file), JSON.stringify(read.entries), JSON.stringify(read.rules)],
      )
      process.stdout.write(
        `${imported?.count ?? 0} entries of ${basename(file)} imported into the calendar ${calendar}.${reportOf(read)}\n`,
      )
    },
    'almanac_operator',
  )
}

function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it does not exist'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'permission denied'
  return message
}

/** What is to be known of a file that was read, but for the number of its entries. */
function reportOf({ leftOut, rules, notes }: IcsImport): string {
  const left = leftOut.map(
    ({ label, line, uid, reason }) =>
      `\n  ${label} (line ${line}${uid === null ? '' : `, ${uid}`}): ${reason}`,
  )
  const goingOn = rules.map(
    ({ label, known_until }) => `\n  ${label ?? 'Without a title'}: until ${known_until.slice(0, 10)}`,
  )
  return [
    ...notes.map((note) => ` ${note}`),
    ...(left.length > 0 ? [' Left out:', ...left] : []),
    ...(goingOn.length > 0
      ? [`${left.length > 0 ? '\n' : ' '}Expanded for some years, and extended by workers:`, ...goingOn]
      : []),
  ].join('')
}
