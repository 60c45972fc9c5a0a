// @vitest-environment node
import { expect, test, vi } from 'vitest'
import { createConnectionStore, type ConnectionEvent } from './connection.ts'

/** A store to which each of these happened a second after the one before; the first at 1000. */
function after(...events: ConnectionEvent[]) {
  let at = 0
  const store = createConnectionStore(() => at)
  const tell = (event: ConnectionEvent) => {
    at += 1000
    store.tell(event)
  }
  events.forEach(tell)
  return { ...store, tell }
}

test('it is not live before the line stands', () => {
  const { get, tell } = after('connecting', 'answered')
  expect(get()).toMatchObject({ state: 'connecting', asOf: null })

  tell('following')

  expect(get()).toMatchObject({ state: 'live', asOf: null })
})

test('a lost line dates what is shown from the last word that came over it', () => {
  const { get } = after('following', 'heard', 'answered', 'closed')

  expect(get()).toMatchObject({ state: 'lost', asOf: 2000 })
})

test('without a network it is offline, whatever the line says', () => {
  const { get, tell } = after('following', 'answered', 'offline')
  expect(get()).toMatchObject({ state: 'offline', asOf: 1000 })

  tell('closed')
  expect(get().state).toBe('offline')

  tell('online')
  expect(get()).toMatchObject({ state: 'lost', asOf: 1000 })
})

test('a server that no longer hears the database says so itself, and a question without an answer does', () => {
  expect(after('following', 'answered', 'deaf').get()).toMatchObject({ state: 'failing', asOf: 3000 })
  expect(after('following', 'answered', 'heard', 'unanswered').get()).toMatchObject({
    state: 'failing',
    asOf: 2000,
  })
})

test('the first cause dates it, not the ones that follow', () => {
  const { get } = after('following', 'answered', 'unanswered', 'heard', 'closed', 'deaf')

  expect(get()).toMatchObject({ state: 'lost', asOf: 2000 })
})

test('what is shown stays old until something was answered on the new line', () => {
  const { get, tell } = after('following', 'answered', 'closed', 'connecting', 'answered')
  expect(get()).toMatchObject({ state: 'lost', asOf: 1000 })

  tell('following')
  expect(get()).toMatchObject({ state: 'live', asOf: 1000, currentSince: 0 })

  tell('answered')
  expect(get()).toMatchObject({ state: 'live', asOf: null, currentSince: 7000 })
})

test('a page that never got an answer has nothing that could be old', () => {
  expect(after('connecting', 'unanswered', 'closed').get()).toMatchObject({ state: 'lost', asOf: null })
})

test('those who look are told of what they would see, not of every word on the line', () => {
  const { subscribe, tell } = after('following', 'answered')
  const listener = vi.fn()
  const stop = subscribe(listener)

  tell('heard')
  tell('answered')
  expect(listener).not.toHaveBeenCalled()
  tell('closed')
  expect(listener).toHaveBeenCalledOnce()
  stop()
  tell('following')
  expect(listener).toHaveBeenCalledOnce()
})
