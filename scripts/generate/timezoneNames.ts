import { rawTimeZones } from '@vvo/tzdb'
import windows from 'cldr-core/supplemental/windowsZones.json' with { type: 'json' }

/** Abbreviations and names in use that the sources do not have, or have for many zones: the best known zone first. */
const COMMON: Readonly<Record<string, string>> = {
  'America/New_York': 'edt, et, est5edt, eastern, eastern time, us, usa, united states',
  'America/Chicago': 'cst, cdt, ct, central, central time, us, usa, united states',
  'America/Denver': 'mdt, mt, mountain, mountain time, us, usa, united states',
  'America/Los_Angeles': 'pst, pdt, pt, pacific, pacific time, us, usa, united states',
  'America/Anchorage': 'akst, akdt, alaska',
  'Pacific/Honolulu': 'hdt, hawaii, hawaii time',
  'America/Halifax': 'ast, adt, atlantic time',
  'America/St_Johns': 'nst, ndt, newfoundland',
  'America/Sao_Paulo': 'brt, brst, brasilia, brazil',
  'America/Argentina/Buenos_Aires': 'art',
  'America/Mexico_City': 'mexico',
  'America/Santiago': 'clt, clst, chile',
  'America/Bogota': 'cot',
  'America/Lima': 'pet',
  'America/Caracas': 'vet',
  'Europe/Lisbon': 'west, wet, western european time, portugal',
  UTC: 'z, coordinated universal time, universal time',
  GMT: 'greenwich mean time',
  'Europe/London': 'bst, british summer time, british time, uk, england, scotland, great britain, britain',
  'Europe/Berlin': 'mez, mesz, munchen, cologne',
  'Europe/Brussels': 'cest, mest, cet, met, central european time, middle european time',
  'Europe/Vienna': 'wien',
  'Europe/Rome': 'roma, milano',
  'Europe/Warsaw': 'warszawa',
  'Europe/Zurich': 'geneva, geneve, genf',
  'Europe/Athens': 'eest, eet, eastern european time',
  'Europe/Madrid': 'spain',
  'Europe/Moscow': 'msk, msd, russia',
  'Europe/Istanbul': 'trt, turkey',
  'Europe/Prague': 'czech republic, czechia, praha',
  'Europe/Amsterdam': 'holland, netherlands',
  'Europe/Kyiv': 'ukraine',
  'Asia/Kolkata': 'ist, india time, calcutta, new delhi, bangalore',
  'Asia/Jerusalem': 'ist, idt',
  'Europe/Dublin': 'ist',
  'Asia/Shanghai': 'cst, china, china time',
  'Asia/Riyadh': 'ast, arabian time',
  'Asia/Dubai': 'gst, gulf time, uae',
  'Asia/Karachi': 'pkt',
  'Asia/Dhaka': 'bst',
  'Asia/Tokyo': 'jst, jdt',
  'Asia/Seoul': 'kst, korea, south korea, korean time',
  'Asia/Singapore': 'sgt',
  'Asia/Hong_Kong': 'hkt',
  'Asia/Manila': 'pht, pst',
  'Asia/Jakarta': 'wib, indonesia',
  'Asia/Makassar': 'wita',
  'Asia/Jayapura': 'wit',
  'Asia/Bangkok': 'ict, indochina time',
  'Asia/Ho_Chi_Minh': 'saigon',
  'Asia/Tehran': 'irst',
  'Asia/Kathmandu': 'npt',
  'Asia/Yangon': 'mmt',
  'Australia/Sydney': 'aest, aedt, australian eastern time, aus eastern time',
  'Australia/Brisbane': 'aest, australian eastern time',
  'Australia/Adelaide': 'acst, acdt, australian central time',
  'Australia/Darwin': 'acst, australian central time',
  'Australia/Perth': 'awst, australian western time, western australia time',
  'Pacific/Auckland': 'nzst, nzdt, nzt, new zealand, new zealand time',
  'Pacific/Guam': 'chst',
  'Africa/Johannesburg': 'sast, south africa time',
  'Africa/Lagos': 'wat, west africa time',
  'Africa/Maputo': 'cat, central africa time',
  'Africa/Nairobi': 'eat, east africa time',
}

/** Names of CLDR that IANA has others for since. */
const RENAMED: Readonly<Record<string, string>> = {
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Europe/Kiev': 'Europe/Kyiv',
}

/** The best IANA zone of each Windows zone, by CLDR. */
export function windowsZones(): ReadonlyMap<string, string> {
  return new Map(
    windows.supplemental.windowsZones.mapTimezones
      .filter(({ mapZone }) => mapZone._territory === '001')
      .map(({ mapZone }) => [mapZone._other, RENAMED[mapZone._type] ?? mapZone._type]),
  )
}

/** As almanac_private.plain_words writes names. */
const plain = (name: string) =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

/** What people call each zone: Windows names, abbreviations, cities and countries. */
function namesOfZones(): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  const add = (zone: string, name: string) => {
    if (/^utc/.test(plain(name)) || plain(zone.split('/').at(-1) ?? '') === plain(name)) return
    names.set(zone, (names.get(zone) ?? new Set()).add(plain(name)))
  }
  for (const [zone, text] of Object.entries(COMMON)) for (const name of text.split(',')) add(zone, name)
  for (const [name, zone] of windowsZones()) add(zone, name)
  const common = new Set([...names.values()].flatMap((each) => [...each]))
  const zonesCalled = (name: string) =>
    rawTimeZones.filter((zone) => zone.countryName === name || zone.alternativeName === name).length
  for (const zone of rawTimeZones) {
    for (const name of zone.mainCities) add(zone.name, name)
    for (const name of [zone.countryName, zone.alternativeName])
      if (zonesCalled(name) === 1 && !common.has(plain(name))) add(zone.name, name)
  }
  return names
}

/** The function file with all of it. */
export function printTimezoneNames(): string {
  const lines = [...namesOfZones()].flatMap(([zone, names]) => {
    const parts: string[] = []
    for (const name of names) {
      const last = parts.at(-1)
      if (last !== undefined && last.length + name.length < 115) parts[parts.length - 1] = `${last}, ${name}`
      else parts.push(`${zone}: ${name}`)
    }
    return parts
  })
  return `-- Generated by scripts/generate/timezoneNames.ts from Unicode CLDR's windowsZones and from @vvo/tzdb (cities by GeoNames, CC BY 4.0).
create or replace function almanac_private.timezone_names() returns table (called text, timezone text, rank bigint)
language sql immutable parallel safe
as $$
select called, split_part(line, ': ', 1), rank
from regexp_split_to_table($names$${lines.join('\n')}$names$, '\\n') with ordinality lines(line, rank),
  regexp_split_to_table(split_part(line, ': ', 2), ', ') called
$$;
comment on function almanac_private.timezone_names() is
  'What people call time zones: Windows names, abbreviations, cities and countries, in plain words. Of several zones called alike the best known has the least rank.';
grant execute on function almanac_private.timezone_names() to almanac_viewer;
`
}

/** Names that are abbreviations to PostgreSQL, without summer time. */
const HIDDEN: Readonly<Record<string, string>> = {
  CET: 'Europe/Brussels',
  EET: 'Europe/Athens',
  MET: 'Europe/Brussels',
  WET: 'Europe/Lisbon',
}

/** The module with the Windows names, for calendar files, which name zones by them. */
export function printWindowsZones(): string {
  const printed = (zones: Iterable<readonly [string, string]>) =>
    [...zones].map(([name, zone]) => `  '${name}': '${zone}',`).join('\n')
  return `// Generated by scripts/generate/timezoneNames.ts from Unicode CLDR's windowsZones.

/** The IANA zone of each Windows zone. */
export const windowsZones: Readonly<Record<string, string>> = {
${printed(windowsZones())}
}

/** Names that Node and browsers give, by those that every database knows. */
export const renamedZones: Readonly<Record<string, string>> = {
${printed([...Object.entries(RENAMED), ...Object.entries(HIDDEN)])}
}
`
}
