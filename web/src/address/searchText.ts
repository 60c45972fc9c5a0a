/** What an address says after its question mark: text by name, of a name that is there more than once all of them. */
export type RawSearch = Record<string, string | readonly string[]>

/** The text within quotes, as addresses once had what looks like a number; other text as it is. */
function unquoted(text: string): string {
  if (!/^".*"$/s.test(text)) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

/** Reads the search of an address. */
export function parseSearch(search: string): RawSearch {
  const texts = new Map<string, string[]>()
  for (const [name, text] of new URLSearchParams(search)) {
    const before = texts.get(name)
    if (before === undefined) texts.set(name, [unquoted(text)])
    else before.push(unquoted(text))
  }
  return Object.fromEntries(
    [...texts].map(([name, [text = '', ...more]]) => [name, more.length ? [text, ...more] : text]),
  )
}

/** Writes it, as plain as it can be read again; what is undefined or null is left out. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const written = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === undefined || each === null) continue
      const text = String(each)
      written.append(name, unquoted(text) === text ? text : JSON.stringify(text))
    }
  const text = written.toString().replaceAll('%2F', '/').replaceAll('%3A', ':')
  return text && `?${text}`
}

/** Shows the address of a page as it is written now, whatever it was when it was kept. */
export function showPlainAddress({ location, history }: Pick<Window, 'location' | 'history'>): void {
  const { pathname, search, hash } = location
  const plain = stringifySearch(parseSearch(search))
  if (plain !== search) history.replaceState(history.state, '', pathname + plain + hash)
}

/** An address as it is written now. */
export function plainAddress(address: string): string {
  const at = address.indexOf('?')
  return at < 0 ? address : address.slice(0, at) + stringifySearch(parseSearch(address.slice(at)))
}
