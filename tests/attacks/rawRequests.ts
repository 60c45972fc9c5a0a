/** Bytes that no client of HTTP would send, and what they must get. */
export interface RawAttack {
  /** The rule that they would break. */
  readonly rule: string
  readonly as: 'anonymous' | 'viewer' | 'operator' | 'admin'
  /** A character is a byte; HOST is where the server is, COOKIE who it is. */
  readonly bytes: string
  /** The statuses of all answers until the connection ends. */
  readonly gets: string
  readonly without?: RegExp
}

const lines = (...all: string[]) => all.join('\r\n')
const HOST = 'host: HOST'
const JSON_TYPE = 'content-type: application/json'
const CLOSE = 'connection: close'
const WHO = '{"query":"{ __typename }"}'
const PAUSE = '{"query":"mutation { pauseAll(input: {reason: \\"smuggled\\"}) { clientMutationId } }"}'
const DATA = /"data"/

/** A POST of GraphQL by an admin, with these headers and this body. */
const post = (headers: readonly string[], body: string) =>
  lines('POST /graphql HTTP/1.1', HOST, 'cookie: COOKIE', JSON_TYPE, CLOSE, ...headers, '', body)
const CHUNKED = ['transfer-encoding: chunked']
const chunk = (text: string, size = text.length.toString(16)) => `${size}\r\n${text}\r\n`
/** What would be a request of its own, if the server took the end of another's body for something else than a proxy does. */
const SMUGGLED = lines(
  'POST /graphql HTTP/1.1',
  HOST,
  'cookie: COOKIE',
  JSON_TYPE,
  `content-length: ${PAUSE.length}`,
  '',
  PAUSE,
)

const of =
  (as: RawAttack['as'], gets: string, without?: RegExp) =>
  ([rule, bytes]: readonly [string, string]): RawAttack => ({
    rule,
    as,
    bytes,
    gets,
    ...(without && { without }),
  })

const LENGTHS: readonly RawAttack[] = [
  ...(
    [
      ['a length and chunks', ['content-length: 5', 'transfer-encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
      ['chunks and a length', ['transfer-encoding: chunked', 'content-length: 5'], `0\r\n\r\n${SMUGGLED}`],
      ['two lengths', ['content-length: 0', `content-length: ${SMUGGLED.length}`], SMUGGLED],
      ['two lengths in one', ['content-length: 0, 5'], SMUGGLED],
      ['a length with a sign', ['content-length: +0'], SMUGGLED],
      ['a negative length', ['content-length: -1'], SMUGGLED],
      ['a length in hexadecimal', ['content-length: 0x10'], SMUGGLED],
      ['a length without end', ['content-length: 18446744073709551617'], SMUGGLED],
      ['a length with a space before the colon', ['content-length : 0'], SMUGGLED],
      ['an encoding with a space before the colon', ['transfer-encoding : chunked'], `0\r\n\r\n${SMUGGLED}`],
      ['an encoding on a continued line', ['transfer-encoding:', ' chunked'], `0\r\n\r\n${SMUGGLED}`],
      [
        'an encoding after a tab that is not an end',
        ['transfer-encoding: \u000bchunked'],
        `0\r\n\r\n${SMUGGLED}`,
      ],
      ['an encoding that does not exist', ['transfer-encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
      [
        'chunks that are not the last encoding',
        ['transfer-encoding: chunked, identity'],
        `0\r\n\r\n${SMUGGLED}`,
      ],
      ['a chunk without a size', ['transfer-encoding: chunked'], `\r\n${SMUGGLED}`],
      ['a chunk of a negative size', ['transfer-encoding: chunked'], chunk('x', '-1')],
      ['a chunk whose size has a prefix', ['transfer-encoding: chunked'], chunk('x', '0x1')],
      ['a chunk of a size without end', ['transfer-encoding: chunked'], chunk('x', 'f'.repeat(17))],
      ['a chunk that ends elsewhere', ['transfer-encoding: chunked'], `${chunk(WHO, '1')}0\r\n\r\n`],
      ['chunks with bare line ends', ['transfer-encoding: chunked'], `1a\n${WHO}\n0\n\n${SMUGGLED}`],
    ] as const
  ).map(([what, headers, body]) =>
    of('admin', '400', DATA)([`Nothing is smuggled behind ${what}.`, post(headers, body)]),
  ),
  of(
    'admin',
    '413',
    DATA,
  )(['A chunk has no note of 20,000 bytes.', post(CHUNKED, `1;${'x'.repeat(20_000)}\r\n`)]),
  of(
    'admin',
    '431',
    DATA,
  )(['Trailers have no 20,000 bytes.', post(CHUNKED, `${chunk(WHO)}0\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)]),
]

const LINES: readonly RawAttack[] = [
  ...(
    [
      ['No header holds a NUL.', lines('GET /healthz HTTP/1.1', HOST, 'x: a\u0000b', CLOSE, '', '')],
      ['No header holds a bare line end.', lines('GET /healthz HTTP/1.1', HOST, 'x: a\rb', CLOSE, '', '')],
      [
        'No header continues on the next line.',
        lines('GET /healthz HTTP/1.1', HOST, 'x: a', ' b', CLOSE, '', ''),
      ],
      ['No name of a header holds a space.', lines('GET /healthz HTTP/1.1', HOST, 'x y: a', CLOSE, '', '')],
      ['No header is without a name.', lines('GET /healthz HTTP/1.1', HOST, ': a', CLOSE, '', '')],
      ['No address holds a NUL.', lines('GET /\u0000 HTTP/1.1', HOST, CLOSE, '', '')],
      ['No address holds a space.', lines('GET /a b HTTP/1.1', HOST, CLOSE, '', '')],
      ['HTTP/1.1 names its host.', lines('GET / HTTP/1.1', CLOSE, '', '')],
      ['An address has a path.', lines('GET evil.example:80 HTTP/1.1', HOST, CLOSE, '', '')],
      ['An address is text.', lines('GET /\u00ff\u00fe HTTP/1.1', HOST, CLOSE, '', '')],
      ['No one speaks HTTP/2 here.', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['No one speaks TLS here.', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
      ['No one speaks HTTP/9.9.', lines('GET / HTTP/9.9', HOST, CLOSE, '', '')],
      ['A method is one that there is.', lines('HACK / HTTP/1.1', HOST, CLOSE, '', '')],
    ] as const
  ).map(of('anonymous', '400')),
  ...(
    [
      [
        'A host is named once.',
        lines('GET /auth/session HTTP/1.1', HOST, 'host: evil.example', CLOSE, '', ''),
      ],
      [
        'Another name than this server has is refused, whatever the address says.',
        lines('GET http://HOST/ HTTP/1.1', 'host: evil.example', CLOSE, '', ''),
      ],
    ] as const
  ).map(of('anonymous', '421')),
  ...(
    [
      [
        'An address with a host is not a file.',
        lines('GET http://evil.example/index.html HTTP/1.1', HOST, CLOSE, '', ''),
      ],
      [
        'An address of another kind is not a file.',
        lines('GET file:///etc/passwd HTTP/1.1', HOST, CLOSE, '', ''),
      ],
      ['A star is not a file.', lines('GET * HTTP/1.1', HOST, CLOSE, '', '')],
      ['Bytes that are not text are not a file.', lines('GET /%ff%fe HTTP/1.1', HOST, CLOSE, '', '')],
      ['Nor is half an escape.', lines('GET /% HTTP/1.1', HOST, CLOSE, '', '')],
      ['A name of an object is not a file.', lines('GET /__proto__ HTTP/1.1', HOST, CLOSE, '', '')],
      ['Nor is its maker.', lines('GET /constructor?__proto__[x]=1 HTTP/1.1', HOST, CLOSE, '', '')],
    ] as const
  ).map(of('anonymous', '404')),
  ...([['This is not a proxy.', lines('CONNECT evil.example:443 HTTP/1.1', HOST, '', '')]] as const).map(
    of('anonymous', ''),
  ),
  {
    rule: 'What HTTP/1.0 asks without a host gets what it would get with one.',
    as: 'anonymous',
    bytes: lines('POST /graphql HTTP/1.0', JSON_TYPE, `content-length: ${WHO.length}`, '', WHO),
    gets: '401',
    without: DATA,
  },
  {
    rule: 'A client that asks for leave to send is told to, and answered.',
    as: 'anonymous',
    bytes: lines(
      'POST /graphql HTTP/1.1',
      HOST,
      JSON_TYPE,
      CLOSE,
      'expect: 100-continue',
      `content-length: ${WHO.length}`,
      '',
      WHO,
    ),
    gets: '100 401',
    without: DATA,
  },
  {
    rule: 'One that expects something else is refused.',
    as: 'anonymous',
    bytes: lines('GET /healthz HTTP/1.1', HOST, CLOSE, 'expect: mercy', '', ''),
    gets: '417',
  },
  {
    rule: 'Nothing but a WebSocket is switched to.',
    as: 'admin',
    bytes: lines(
      'GET /graphql HTTP/1.1',
      HOST,
      'cookie: COOKIE',
      'connection: upgrade',
      'upgrade: h2c',
      '',
      '',
    ),
    gets: '400',
  },
]

const COOKIES: readonly RawAttack[] = [
  ...(
    [
      ['A session is no one by its number.', 'cookie: almanac_session_PORT=1'],
      ['Nor by its hash.', `cookie: almanac_session_PORT=${'0'.repeat(64)}`],
      ['Nor by its name in capitals.', 'cookie: ALMANAC_SESSION_PORT=SECRET'],
      ['Nor with its name in quotes.', 'cookie: "almanac_session_PORT"=SECRET'],
      ['Nor in quotes.', 'cookie: almanac_session_PORT="SECRET"'],
      ['Nor behind another name.', 'cookie: xalmanac_session_PORT=SECRET'],
      ['Nor with its name escaped.', 'cookie: %61lmanac_session_PORT=SECRET'],
      ['Nor behind one that is not valid.', `cookie: almanac_session_PORT=${'x'.repeat(43)}; COOKIE`],
      [
        'Nor in a second header behind one that is not valid.',
        `cookie: almanac_session_PORT=x\r\ncookie: COOKIE`,
      ],
      ['Nor with more behind it.', 'cookie: almanac_session_PORT=SECRETx'],
      ['Nor cut off.', 'cookie: almanac_session_PORT=CUT'],
      ['Nor in an address.', 'referer: http://HOST/?almanac_session_PORT=SECRET'],
    ] as const
  ).map(([rule, header]) =>
    of(
      'anonymous',
      '401',
      DATA,
    )([
      rule,
      lines(
        'POST /graphql HTTP/1.1',
        HOST,
        JSON_TYPE,
        CLOSE,
        `content-length: ${WHO.length}`,
        header,
        '',
        WHO,
      ),
    ]),
  ),
  {
    rule: 'Cookies of 20,000 bytes are refused.',
    as: 'viewer',
    bytes: lines(
      'GET /auth/session HTTP/1.1',
      HOST,
      CLOSE,
      `cookie: a=${'x'.repeat(20_000)}; COOKIE`,
      '',
      '',
    ),
    gets: '431',
  },
]

export const RAW_REQUESTS: Readonly<Record<string, readonly RawAttack[]>> = {
  'lengths and chunks': LENGTHS,
  'lines and addresses': LINES,
  cookies: COOKIES,
}
