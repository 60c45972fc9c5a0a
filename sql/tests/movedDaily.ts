import type { ClientBase } from 'pg'

export const daily = (client: ClientBase, settings: Record<string, unknown> = {}) =>
  client.query(
    `select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', timezone => 'UTC', settings => $1)`,
    [{ starts_at: '2100-01-04T00:00:00Z', tags: ['a'], ...settings }],
  )
export const at = (day: number, time = '09:00') => `2100-01-${String(day).padStart(2, '0')}T${time}:00Z`
export async function ruleForMove(client: ClientBase, occurrence: string, to: string) {
  const { rows } = await client.query<{ changes: unknown; earlier: string; note: string | null }>(
    `select * from almanac.rule_for_move('x', $1, $2)`,
    [occurrence, to],
  )
  return rows[0]!
}
export async function upcoming(client: ClientBase, name: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI') as text
     from almanac.upcoming($1, '2100-01-01', 4)`,
    [name],
  )
  return rows.map(({ text }) => text)
}
