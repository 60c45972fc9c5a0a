const circular = () => {
  const request: Record<string, unknown> = { method: 'GET' }
  request['self'] = request
  return request
}
const refuse = (): never => {
  throw new Error('hostile')
}
const refuseAll = new Proxy({}, { get: () => refuse })

/** Things that a task may throw, of which some throw when they are looked at; and what can still be said of them. */
export const HOSTILE: readonly (readonly [string, () => unknown, string])[] = [
  ['undefined', () => undefined, 'Not an Error: undefined'],
  ['null', () => null, 'Not an Error: null'],
  ['an empty text', () => '', "Not an Error: ''"],
  ['a symbol', () => Symbol('mark'), 'Not an Error: Symbol(mark)'],
  ['a function', () => refuse, 'Not an Error: [Function: refuse]'],
  ['a long number', () => 12n, 'Not an Error: 12n'],
  ['what HTTP clients throw', () => ({ message: 'status 503', request: circular() }), 'status 503'],
  ['half an emoji', () => new Error(`cut ${'\u{1F600}'.slice(0, 1)}`), 'cut '],
  ['a zero byte', () => new Error('bad \0 byte'), 'bad '],
  ['a text without end', () => new Error('long'.repeat(1_000_000)), 'longlong'],
  ['an object in a circle', circular, "method: 'GET'"],
  [
    'an object without a prototype',
    () => Object.assign(Object.create(null) as object, { why: 'x' }),
    "why: 'x'",
  ],
  [
    'an error with an object for a message',
    () => Object.assign(new Error(), { message: { why: 'x' } }),
    "why: 'x'",
  ],
  ['an object that is not JSON', () => ({ toJSON: refuse, why: 'x' }), "why: 'x'"],
  [
    'an object that is not text',
    () => ({ toString: refuse, [Symbol.toPrimitive]: refuse, why: 'x' }),
    "why: 'x'",
  ],
  [
    'an error whose cause throws',
    () => Object.defineProperty(new Error('outer'), 'cause', { get: refuse }),
    'outer',
  ],
  [
    'an error whose name throws',
    () => Object.defineProperty(new Error(''), 'name', { get: refuse }),
    'Error',
  ],
  [
    'an error whose details throw',
    () => Object.defineProperty(new Error('outer'), 'detail', { get: refuse }),
    'outer',
  ],
  [
    'an error whose stack throws',
    () => Object.defineProperty(new Error('outer'), 'stack', { get: refuse }),
    'outer',
  ],
  [
    'an error whose message throws',
    () => Object.defineProperty(new Error(), 'message', { get: refuse }),
    'Error',
  ],
  [
    'errors that throw',
    () => Object.defineProperty(new AggregateError([], 'outer'), 'errors', { get: refuse }),
    'outer',
  ],
  [
    'an object whose tag throws',
    () => Object.defineProperty({}, Symbol.toStringTag, { get: refuse }),
    'Not an Error',
  ],
  ['an object that refuses all', () => new Proxy({}, refuseAll), 'Not an Error'],
  ['an error that refuses all', () => new Proxy(new Error('inner'), refuseAll), 'Error'],
  [
    'what no longer is',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
    'Not an Error',
  ],
]
