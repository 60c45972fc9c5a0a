/** One of the places of a cron expression. */
export interface CronField {
  readonly label: string
  readonly value: string
  /** Where it is in the text, from 0; past the end when it is not written yet. */
  readonly start: number
}

const five = ['Minute', 'Hour', 'Day', 'Month', 'Weekday'] as const
const six = ['Second', ...five] as const

/** The fields of an expression with their places: six when it begins with seconds. A macro has none. */
export function cronFields(expression: string): readonly CronField[] {
  if (expression.trimStart().startsWith('@')) return []
  const words = [...expression.matchAll(/\S+/g)]
  const labels = words.length > 5 ? six : five
  return labels.map((label, index) => ({
    label,
    value: words[index]?.[0] ?? '',
    start: words[index]?.index ?? expression.length,
  }))
}

/** The expression with one field replaced; missing fields before it become `*`. */
export function withCronField(expression: string, index: number, value: string): string {
  const values = cronFields(expression).map((field) => field.value)
  const next = values.with(index, value.trim() === '' ? '*' : value.trim().replaceAll(/\s+/g, ''))
  return next.map((one) => (one === '' ? '*' : one)).join(' ')
}

/** The range of text that an error at `position` (from 1) is about: its word, or the end. */
export function errorRange(expression: string, position: number): readonly [start: number, end: number] {
  const at = Math.min(Math.max(position - 1, 0), expression.length)
  const word = [...expression.matchAll(/\S+/g)].find(
    ({ 0: text, index }) => index <= at && at < index + text.length,
  )
  return word === undefined ? [at, at + 1] : [word.index, word.index + word[0].length]
}
