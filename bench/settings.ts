/** One value of a bench's settings; its default says what it may be. */
export type Setting = number | boolean | readonly number[] | readonly string[]
export type Settings = Readonly<Record<string, Setting>>

/** The settings with the options given for them; `texts`: what stood after `--name=`, `true` for a lone `--name`. */
export function readSettings<S extends Settings>(
  defaults: S,
  texts: Readonly<Record<string, string | boolean | undefined>>,
): S {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      const text = texts[name]
      return [name, text === undefined ? value : readSetting(name, value, text)]
    }),
  ) as S
}

function readSetting(name: string, value: Setting, text: string | boolean): Setting {
  if (typeof value === 'boolean') {
    if (text === true) return true
    throw new Error(`--${name} takes no value.`)
  }
  if (typeof value === 'number') return readNumber(name, text, `--${name}=${value}`)
  const example = `--${name}=${value.join(',')}`
  const parts = String(text).split(',')
  if (value.every((element) => typeof element === 'number'))
    return parts.map((part) => readNumber(name, part, example, 'whole numbers'))
  const unknown = parts.find((part) => !value.includes(part as never))
  if (unknown === undefined) return parts
  throw new Error(`--${name} takes some of ${value.join(', ')}: ${example}`)
}

function readNumber(name: string, text: string | boolean, example: string, what = 'a whole number'): number {
  const number = Number(text)
  if (typeof text === 'string' && Number.isInteger(number) && number > 0) return number
  throw new Error(`--${name} takes ${what} above zero: ${example}`)
}
