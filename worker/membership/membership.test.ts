import { expect, test } from 'vitest'
import { join } from './membership.ts'
import type { Query } from '../../process/query.ts'

/** A membership whose heartbeats are sent manually, with a database that answers or refuses as told. */
function createMember({ refused = [] }: { refused?: string[] } = {}) {
  const calls: string[] = []
  const query = ((text: string) => {
    const name = /almanac_private\.(\w+)/.exec(text)?.[1] ?? text
    calls.push(name)
    if (refused.includes(name)) return Promise.reject(new Error('refused'))
    return Promise.resolve([{ id: '7', alive: true, leader: false, reaped: 0, lease_ms: 15_000 }])
  }) as Query
  const membership = join({
    query,
    member: { name: 'w', host: 'h', pid: 1, version: '0', concurrency: 1, poolId: 'p', tasks: [] },
    prepare: () => Promise.resolve(),
    isTicking: () => true,
    runIds: () => [],
    ended: () => [],
    lastStop: () => null,
    onBeat: () => undefined,
    onLost: () => undefined,
    log: () => undefined,
    interval: 3_600_000,
  })
  return { membership, calls }
}

test('a worker that takes long to stop sends heartbeats until it leaves', async () => {
  const { membership, calls } = createMember()
  await membership.workerId()
  await membership.drain()
  membership.abandon()

  calls.length = 0
  await membership.beat()

  expect(calls).toEqual(['heartbeat'])
  await membership.leave({ lostBecause: null })
  expect(calls).toEqual(['heartbeat', 'stop_worker'])
})

test.each(['drain', 'abandon'] as const)(
  '%s ends the wait for a database that does not register it',
  async (step) => {
    const { membership, calls } = createMember({ refused: ['register_worker'] })

    await membership[step]()

    await expect(membership.workerId()).rejects.toThrow('refused')
    await membership.beat()
    await membership.leave({ lostBecause: null })
    expect(new Set(calls)).toEqual(new Set(['register_worker']))
  },
)

test('a heartbeat that fails while it registers does not make a second worker of it', async () => {
  const refused = ['heartbeat']
  const { membership, calls } = createMember({ refused })
  await expect.poll(() => calls.filter((name) => name === 'heartbeat').length).toBeGreaterThan(1)
  refused.pop()

  expect(await membership.workerId()).toBe('7')
  expect(calls.filter((name) => name === 'register_worker')).toHaveLength(1)
  await membership.leave({ lostBecause: null })
})
