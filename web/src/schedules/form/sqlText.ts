import type { Json } from '../../graphql/graphql.ts'
import type { Definition } from './draft.ts'

/** A string as SQL writes it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function json(value: Json): string {
  return quote(JSON.stringify(value))
}

const text = (value: Json | undefined) => (typeof value === 'string' ? value : '')

const defaults: Definition = {
  target: 'task',
  overlap_policy: 'skip',
  missed_run_policy: 'run_latest',
  priority: '1',
  late_tolerance: '1 minute',
  catchup_window: '1 hour',
  exclusion_policy: 'skip',
}

const told = ['name', 'task_identifier', 'payload', 'kind', 'cron_expression', 'every', 'run_at', 'timezone']

function settings(definition: Definition): Definition {
  return Object.fromEntries(
    Object.entries(definition).filter(
      ([key, value]) =>
        !told.includes(key) &&
        value !== null &&
        defaults[key] !== value &&
        !(Array.isArray(value) && value.length === 0),
    ),
  )
}

/** The call that saves the same schedule from psql. */
export function scheduleSql(definition: Definition): string {
  const kind = definition['kind']
  if (kind === 'manual') {
    const row = { ...settings(definition), kind, timezone: definition['timezone'] ?? 'UTC' }
    const full = {
      name: definition['name'] ?? '',
      task_identifier: definition['task_identifier'] ?? '',
      payload: definition['payload'] ?? {},
      ...row,
    }
    return `select almanac.create_schedule(\n  ${json(full)});`
  }
  const [call, when] =
    kind === 'interval'
      ? ['schedule_every', text(definition['every'])]
      : kind === 'once'
        ? ['schedule_at', text(definition['run_at'])]
        : ['schedule_cron', text(definition['cron_expression'])]
  const rest = settings(definition)
  const lines = [
    `${quote(text(definition['name']))}, ${quote(when)},`,
    `${quote(text(definition['task_identifier']))},`,
    `${json(definition['payload'] ?? {})},`,
    `timezone => ${quote(text(definition['timezone']))}${Object.keys(rest).length > 0 ? ',' : ');'}`,
    ...(Object.keys(rest).length > 0 ? [`settings => ${json(rest)});`] : []),
  ]
  return `select almanac.${call}(\n  ${lines.join('\n  ')}`
}
