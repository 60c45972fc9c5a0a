/** A database URL, which may name several hosts as libpq has it: postgres://user@a:5432,b/db?target_session_attrs=read-write */
export interface DatabaseUrl {
  /** A URL for each host, in their order. */
  readonly urls: readonly string[]
  /** Which of them will do: the first that can be written to, or just the first that answers. */
  readonly wanted: 'writable' | 'any'
}

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)([^?#]*)(\?[^#]*)?$/
const WRITABLE = ['read-write', 'primary']

/** Reads a URL; `null`: it is not one. Without a word on it, of several hosts one that can be written to is meant. */
export function parseDatabaseUrl(text: string): DatabaseUrl | null {
  const [, start, hosts = '', path, query = ''] = PARTS.exec(text) ?? []
  if (start === undefined) return null
  const parameters = new URLSearchParams(query)
  const attributes = parameters.get('target_session_attrs')
  const named = parameters.get('host')?.split(',') ?? []
  const urls =
    named.length > 1
      ? namedHosts(named, parameters).map((own) => `${start}${hosts}${path}?${own.toString()}`)
      : hosts.split(',').map((host) => `${start}${host}${path}${query}`)
  if (!urls.every((url) => URL.canParse(url.replace('@/', '@localhost/')))) return null
  if (attributes !== null && ![...WRITABLE, 'any'].includes(attributes)) return null
  const isWritable = attributes === null ? urls.length > 1 : WRITABLE.includes(attributes)
  return { urls, wanted: isWritable ? 'writable' : 'any' }
}

/** postgres:///db?host=a,b&port=5432,5433 */
function namedHosts(hosts: readonly string[], parameters: URLSearchParams): URLSearchParams[] {
  const ports = parameters.get('port')?.split(',') ?? []
  return hosts.map((host, index) => {
    const own = new URLSearchParams(parameters)
    own.set('host', host)
    const port = ports[index] ?? ports[0]
    if (port) own.set('port', port)
    return own
  })
}

/** The login that a URL names. */
export function loginOf(text: string): { readonly name: string; readonly password: string } {
  const { username, password } = new URL(parseDatabaseUrl(text)?.urls[0] ?? text)
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** The same URL with another login. */
export function withLogin(text: string, { name, password }: { name: string; password: string }): string {
  const login = `${encodeURIComponent(name)}:${encodeURIComponent(password)}@`
  return text.replace(/^([^/]*\/\/)(?:[^/?#]*@)?/, (_all, start: string) => start + login)
}
