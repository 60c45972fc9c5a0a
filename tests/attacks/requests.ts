/** A request as it goes over the wire, and what it must get. */
export interface RequestAttack {
  /** The rule that it would break. */
  readonly rule: string
  readonly as: 'anonymous' | 'viewer' | 'operator' | 'admin'
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
  readonly gets: number
  /** What the answer must not hold. */
  readonly without?: RegExp
}

const JSON_TYPE = { 'content-type': 'application/json' }
const PAUSE = '{"query":"mutation { pauseAll(input: {reason: \\"forged\\"}) { clientMutationId } }"}'
const WHO = '{"query":"{ __typename }"}'
const DATA = /"data"/
const SECRET = /root:|DATABASE_URL|"dependencies"|BEGIN .*KEY/

const POST = { method: 'POST', path: '/graphql' } as const

const WITHOUT_A_SESSION: readonly RequestAttack[] = [
  ...['{ __typename }', '{ schedules { nodes { payload } } }', '{ __schema { types { name } } }'].map(
    (query): RequestAttack => ({
      rule: `Who is not signed in asks nothing: ${query}`,
      as: 'anonymous',
      ...POST,
      headers: JSON_TYPE,
      body: JSON.stringify({ query }),
      gets: 401,
      without: DATA,
    }),
  ),
  ...[
    ['that is empty', 'almanac_session_PORT='],
    ['that is short', 'almanac_session_PORT=x'],
    ['that was never issued', `almanac_session_PORT=${'x'.repeat(43)}`],
    ['with a quote', `almanac_session_PORT=' or true --${'x'.repeat(32)}`],
    ['of another port', `almanac_session_1=${'x'.repeat(43)}`],
    ['without end', `almanac_session_PORT=${'x'.repeat(8_000)}`],
    ['twice', `almanac_session_PORT=x; almanac_session_PORT=${'y'.repeat(43)}`],
  ].map(([what, cookie = '']): RequestAttack => ({
    rule: `A cookie ${what} signs no one in.`,
    as: 'anonymous',
    ...POST,
    headers: { ...JSON_TYPE, cookie },
    body: WHO,
    gets: 401,
    without: DATA,
  })),
  ...[
    { authorization: 'Bearer admin' },
    { 'x-forwarded-user': 'admin' },
    { 'x-user-id': '1', 'jwt.claims.user_id': '1' },
    { 'x-http-method-override': 'GET' },
    { role: 'almanac_admin' },
  ].map((headers): RequestAttack => ({
    rule: `A header signs no one in: ${Object.keys(headers).join(', ')}`,
    as: 'anonymous',
    ...POST,
    headers: { ...JSON_TYPE, ...headers },
    body: WHO,
    gets: 401,
    without: DATA,
  })),
  {
    rule: 'A session is not told to who has none.',
    as: 'anonymous',
    path: '/auth/session',
    gets: 401,
    without: /username/,
  },
  ...[
    '{"token":{"$ne":null}}',
    '{"token":["x"]}',
    `{"token":"${"' or true --".padEnd(43, 'x')}"}`,
    '[',
    '{"token":"' + 'x'.repeat(43) + '"}',
    '{"__proto__":{"token":"' + 'x'.repeat(43) + '"}}',
    'x'.repeat(4_097),
  ].map((body): RequestAttack => ({
    rule: `A link is spent by its token alone, not by ${body.slice(0, 30)}`,
    as: 'anonymous',
    method: 'POST',
    path: '/auth/login',
    headers: JSON_TYPE,
    body,
    gets: 401,
  })),
  ...['/auth/login?x=1', '/auth/logout/', '/auth/../graphql', '/auth/session%00'].map(
    (path): RequestAttack => ({
      rule: `There is nothing at POST ${path}`,
      as: 'anonymous',
      method: 'POST',
      path,
      gets: 405,
    }),
  ),
]

const OTHER_SITES: readonly RequestAttack[] = [
  ...[
    'https://evil.example',
    'null',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:PORT',
    'http://127.0.0.1:PORT.evil.example',
    'http://evil.example/http://127.0.0.1:PORT',
    'file://',
    '',
  ].map((origin): RequestAttack => ({
    rule: `A page of the origin "${origin}" asks nothing with someone's cookie.`,
    as: 'admin',
    ...POST,
    headers: { ...JSON_TYPE, origin },
    body: PAUSE,
    gets: 403,
    without: DATA,
  })),
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'].map(
    (type): RequestAttack => ({
      rule: `A form sends no GraphQL as "${type}".`,
      as: 'admin',
      ...POST,
      headers: type ? { 'content-type': type } : {},
      body: PAUSE,
      gets: 415,
      without: DATA,
    }),
  ),
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method): RequestAttack => ({
    rule: `A mutation is not accepted as a ${method}.`,
    as: 'admin',
    method,
    path: `/graphql?query=${encodeURIComponent('mutation{pauseAll(input:{}){clientMutationId}}')}`,
    gets: 405,
    without: DATA,
  })),
  {
    rule: 'A query is not a GET either, which logs and caches would keep.',
    as: 'admin',
    path: '/graphql?query=%7B__typename%7D',
    gets: 405,
    without: DATA,
  },
  {
    rule: 'A page of another origin signs no one out.',
    as: 'admin',
    method: 'POST',
    path: '/auth/logout',
    headers: { origin: 'https://evil.example' },
    gets: 403,
  },
]

const SIZES: readonly RequestAttack[] = [
  {
    rule: 'A request of more than 100,000 bytes is refused.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: JSON.stringify({ query: `{ __typename } #${'x'.repeat(100_000)}` }),
    gets: 413,
  },
  {
    rule: 'Many operations in one request are refused.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `[${Array.from({ length: 50 }, () => WHO).join()}]`,
    gets: 400,
    without: DATA,
  },
  {
    rule: 'JSON that nests without end is refused.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `{"query":"{ __typename }","variables":${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
    gets: 400,
    without: DATA,
  },
  {
    rule: 'A body that is not JSON is refused.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: '{"query":',
    gets: 400,
  },
  {
    rule: 'Of a key given twice none reaches around the check of the other.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `{"query":"{ __typename }",${PAUSE.slice(1)}`,
    gets: 200,
    without: /"pauseAll":\{/,
  },
  {
    rule: 'Variables that nest without end are refused, even if they are well formed.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `{"query":"query ($f: ScheduleFilter) { schedules(filter: $f) { nodes { name } } }","variables":{"f":${'{"and":['.repeat(3_000)}${']}'.repeat(3_000)}}}`,
    gets: 400,
    without: /errorId/,
  },
  {
    rule: 'Conditions without end in variables are refused.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `{"query":"query ($f: ScheduleFilter) { schedules(filter: $f) { nodes { name } } }","variables":{"f":{"or":[${Array.from({ length: 3_000 }, () => '{"name":{"equalTo":"x"}}').join()}]}}}`,
    gets: 400,
    without: DATA,
  },
  ...['gzip', 'br', 'deflate'].map((encoding): RequestAttack => ({
    rule: `A body is not unpacked: ${encoding}`,
    as: 'viewer',
    ...POST,
    headers: { ...JSON_TYPE, 'content-encoding': encoding },
    body: '\u001f\u008b\u0008\u0000',
    gets: 400,
    without: DATA,
  })),
  {
    rule: 'An address of 20,000 characters is refused.',
    as: 'anonymous',
    path: `/${'x'.repeat(20_000)}`,
    gets: 431,
  },
  {
    rule: 'Headers without end are refused.',
    as: 'anonymous',
    path: '/auth/session',
    headers: Object.fromEntries(Array.from({ length: 2_500 }, (_, number) => [`a${number}`, ''])),
    gets: 431,
  },
  ...['bytes=0-0,1-1,2-2', `bytes=${'0-,'.repeat(1_000)}0-`, 'bytes=-1'].map((range): RequestAttack => ({
    rule: `A file has no ranges: ${range.slice(0, 20)}`,
    as: 'anonymous',
    path: '/assets/none.js',
    headers: { range },
    gets: 404,
  })),
  ...['OPTIONS', 'TRACE', 'PROPFIND', 'PUT'].map((method): RequestAttack => ({
    rule: `There is no ${method}.`,
    as: 'anonymous',
    method,
    path: '/',
    gets: 405,
  })),
  {
    rule: 'A header of 20,000 bytes is refused.',
    as: 'anonymous',
    path: '/healthz',
    headers: { 'x-long': 'x'.repeat(20_000) },
    gets: 431,
  },
]

/** What there is no sense in is refused, and reaches no one's prototype. */
const BODIES: readonly RequestAttack[] = [
  ...[
    '',
    'null',
    '1',
    '"{ __typename }"',
    '[]',
    '{}',
    '{"query":null}',
    '{"query":1}',
    '{"query":["{ __typename }"]}',
    '{"query":{"toString":"{ __typename }"}}',
    '{"query":""}',
    '{"query":"{ __typename }","variables":"x"}',
    '{"query":"{ __typename }","variables":1}',
    '{"query":"{ __typename }","variables":[1]}',
    '{"query":"{ __typename }","operationName":{}}',
    '{"query":"{ __typename }","operationName":"constructor"}',
    '{"query":"{ __typename }","operationName":"__proto__"}',
    '{"id":"x"}',
    '{"documentId":"x","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}',
    '{"__proto__":{"query":"{ __typename }"}}',
    '{"constructor":{"prototype":{"query":"{ __typename }"}}}',
    '\ufeff{"query":"{ __typename }"}',
    '{"query":"{ \u0000 __typename }"}',
    "{'query':'{ __typename }'}",
    'query=%7B__typename%7D',
    'query { __typename }',
  ].map((body): RequestAttack => ({
    rule: `This is not a GraphQL request: ${JSON.stringify(body)}`,
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body,
    gets: 400,
    without: DATA,
  })),
  ...[
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{"a":1}}}',
    '{"a":1e400}',
    '{"a":99999999999999999999999999999999}',
  ].map((variables): RequestAttack => ({
    rule: `Variables that no one asked for change nothing: ${variables}`,
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: `{"query":"{ __typename }","variables":${variables}}`,
    gets: 200,
    without: /error/,
  })),
  ...[
    'application/graphql',
    'application/graphql+json',
    'application/json, text/plain',
    'application/jsonp',
    'multipart/form-data; boundary=x; application/json',
    'text/plain; application/json',
  ].map((type): RequestAttack => ({
    rule: `GraphQL is JSON, not "${type}".`,
    as: 'admin',
    ...POST,
    headers: { 'content-type': type },
    body: PAUSE,
    gets: 415,
    without: DATA,
  })),
  {
    rule: 'Half a character in a variable is not valid JSON text, and nothing is thrown.',
    as: 'viewer',
    ...POST,
    headers: JSON_TYPE,
    body: '{"query":"query ($d: JSON) { preview(definition: $d) { dueAt } }","variables":{"d":{"name":"a\\ud800b"}}}',
    gets: 200,
    without: /errorId/,
  },
  {
    rule: 'GraphQL has a type.',
    as: 'admin',
    ...POST,
    headers: {},
    body: PAUSE,
    gets: 400,
    without: DATA,
  },
]

const PATHS: readonly RequestAttack[] = [
  '/../package.json',
  '/..%2fpackage.json',
  '/%2e%2e/package.json',
  '/assets/../../package.json',
  '/assets/..%5c..%5cpackage.json',
  '/....//package.json',
  '//etc/passwd',
  '/etc/passwd%00.html',
  '/.env',
  '/.git/config',
  '/package.json',
  '/server/main.ts',
  '/index.html/../../package.json',
  '/%c0%ae%c0%ae/package.json',
  `/${'a/'.repeat(3_000)}`,
].map((path) => ({
  rule: `No file is at ${path.slice(0, 40)}`,
  as: 'anonymous',
  path,
  gets: 404,
  without: SECRET,
}))

export const REQUESTS: Readonly<Record<string, readonly RequestAttack[]>> = {
  'without a session': WITHOUT_A_SESSION,
  'from other sites': OTHER_SITES,
  sizes: SIZES,
  bodies: BODIES,
  paths: PATHS,
}
