// @vitest-environment node
import { expect, test, vi } from 'vitest'
import { createSession } from './session.ts'

const json = (status: number, body: unknown = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

const user = {
  id: '1',
  username: 'maria',
  displayName: 'Maria Keller',
  role: 'operator',
  timezone: 'Europe/Paris',
}

type Answer = Response | Error

/** A server that gives these answers, the last one again and again. */
function server(answers: Record<string, Answer[]>) {
  return vi.fn((path: string, _init?: RequestInit): Promise<Response> => {
    const list = answers[path] ?? []
    const answer = list.length > 1 ? list.shift() : list[0]
    if (answer === undefined || answer instanceof Error)
      return Promise.reject(answer ?? new Error('no answer'))
    return Promise.resolve(answer.clone())
  })
}

test('no one is known until the server has answered', async () => {
  const session = createSession(server({ '/auth/session': [json(200, { user })] }))
  const told = vi.fn()
  session.subscribe(told)

  expect(session.get().status).toBe('loading')
  await session.check()

  expect(session.get()).toMatchObject({ status: 'signed-in', user: { username: 'maria', role: 'operator' } })
  expect(told).toHaveBeenCalledOnce()
})

test.each([
  ['refuses', json(401), 'signed-out'],
  ['fails', json(502), 'unreachable'],
  ['is gone', new TypeError('fetch failed'), 'unreachable'],
  ['answers something else', json(200, { hello: 'world' }), 'signed-out'],
  ['knows a role that the client does not', json(200, { user: { ...user, role: 'owner' } }), 'signed-out'],
] satisfies [string, Answer, string][])(
  'when the server %s, the session is so',
  async (_what, answer, status) => {
    const session = createSession(server({ '/auth/session': [answer] }))

    await session.check()

    expect(session.get().status).toBe(status)
  },
)

test('a server that was away at first is asked again until it says who it is', async () => {
  const answers: Answer[] = [json(503), new TypeError('fetch failed'), json(200, { user })]
  const waiting: (() => void)[] = []
  const session = createSession(server({ '/auth/session': answers }), (again) => void waiting.push(again))

  await session.check()
  await session.check()
  expect(session.get().status).toBe('unreachable')
  expect(waiting).toHaveLength(1)

  waiting.shift()?.()
  await vi.waitFor(() => expect(session.get().status).toBe('signed-in'))
  expect(waiting).toEqual([])
})

test('a token that is taken signs in, and is sent in the body alone', async () => {
  const fetch = server({ '/auth/login': [json(200)], '/auth/session': [json(200, { user })] })
  const session = createSession(fetch)

  expect(await session.signIn('secret')).toBe('ok')

  expect(session.get().status).toBe('signed-in')
  const [path, init] = fetch.mock.calls[0] ?? []
  expect(path).toBe('/auth/login')
  expect(init).toMatchObject({ method: 'POST', body: '{"token":"secret"}' })
})

test.each([
  ['was used before', json(401), 'refused'],
  ['meets a failing server', json(500), 'unreachable'],
  ['meets no server', new TypeError('fetch failed'), 'unreachable'],
] satisfies [string, Answer, string][])('a token that %s does not sign in', async (_what, answer, result) => {
  const session = createSession(server({ '/auth/login': [answer], '/auth/session': [json(401)] }))

  expect(await session.signIn('secret')).toBe(result)
  expect(session.get().status).not.toBe('signed-in')
})

test('signing out and a session that has ended both leave no one', async () => {
  const session = createSession(
    server({ '/auth/session': [json(200, { user })], '/auth/logout': [json(200)] }),
  )

  await session.check()
  session.expire()
  expect(session.get().status).toBe('signed-out')

  await session.check()
  expect(await session.signOut()).toBe(true)
  expect(session.get().status).toBe('signed-out')
})

test.each([
  ['fails', json(502)],
  ['is gone', new TypeError('fetch failed')],
] satisfies [string, Answer][])('no one is signed out while the server %s', async (_what, answer) => {
  const session = createSession(server({ '/auth/session': [json(200, { user })], '/auth/logout': [answer] }))
  await session.check()

  expect(await session.signOut()).toBe(false)

  expect(session.get().status).toBe('signed-in')
})
