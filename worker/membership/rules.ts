import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'

interface Rule {
  rule_id: string
  label: string | null
  ics: string
  timezone: string | null
  known_until: string
}

const YEARS_KNOWN = 5

/** As JSON has a time: as itself it reads as the setting DateStyle says. */
const RULES = `
  select r.rule_id, r.label, r.ics, r.timezone, to_jsonb(r.known_until) #>> '{}' as known_until
  from almanac_private.rules_to_read_on($1) r`

/** Adds the occurrences of the coming years to calendars whose imported series are known for less than four. */
export async function readRulesOn({
  query,
  log,
  now = Date.now(),
}: {
  query: Query
  log: Log
  now?: number
}): Promise<void> {
  const rules = await query<Rule>(RULES, [new Date(now)])
  if (rules.length === 0) return
  const { readOn } = await import('../../shared/ical/icsImport.ts')
  const until = Date.UTC(new Date(now).getUTCFullYear() + YEARS_KNOWN + 1, 0)
  for (const { rule_id: id, label, ics, timezone, known_until } of rules) {
    const knownUntil = new Date(known_until)
    try {
      const { entries, goesOn } = readOn(ics, { timezone, from: knownUntil.getTime(), until })
      await query('select almanac_private.read_on($1, $2, $3, $4)', [
        id,
        knownUntil,
        JSON.stringify(entries),
        goesOn ? new Date(until) : null,
      ])
    } catch (error) {
      const until = knownUntil.toISOString().slice(0, 10)
      log(
        'warning',
        `The calendar series ${id} (${label ?? 'without a title'}) is expanded until ${until} and could not be extended: ${describeError(error)}`,
      )
    }
  }
}
