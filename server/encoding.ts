import type { IncomingHttpHeaders } from 'node:http'

/** How content may be compressed, the best first. */
export const ENCODINGS = ['br', 'gzip'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** Endings of files that hold another one compressed. */
export const ENDINGS: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' }

/** The encoding that a client likes best of those there are; undefined: none, the content as it is. */
export function encodingFor(
  headers: Pick<IncomingHttpHeaders, 'accept-encoding' | 'cache-control'>,
  offered: readonly Encoding[] = ENCODINGS,
): Encoding | undefined {
  if (isFixed(headers['cache-control'])) return undefined
  const liking = qualities(String(headers['accept-encoding'] ?? ''))
  let best: Encoding | undefined
  // Content as it is, where the client does not rank it, comes after all that it takes.
  let most = liking.get('identity') ?? 0
  for (const encoding of offered) {
    const quality = liking.get(encoding) ?? liking.get('*') ?? 0
    if (quality > 0 && (quality > most || (best === undefined && quality === most))) {
      best = encoding
      most = quality
    }
  }
  return best
}

/** Whether `Cache-Control` forbids to change how content is written. */
export function isFixed(cacheControl: string | undefined): boolean {
  return /(^|[\s,])no-transform([\s,]|$)/i.test(cacheControl ?? '')
}

function qualities(accepted: string): ReadonlyMap<string, number> {
  return new Map(
    accepted.split(',').map((one): [string, number] => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      const value = quality === undefined ? 1 : Number(quality.slice(2))
      return [name, value >= 0 && value <= 1 ? value : 0]
    }),
  )
}
