// @vitest-environment node
import { expect, test, vi } from 'vitest'
import { watchNetwork } from './network.ts'

test('a network that goes takes the line with it, and one that comes has it tried at once', () => {
  const target = new EventTarget()
  const calls: string[] = []
  const tell = vi.fn((event: string) => calls.push(event))
  watchNetwork(target, { tell, line: { drop: () => calls.push('drop'), tryNow: () => calls.push('try') } })

  target.dispatchEvent(new Event('offline'))
  target.dispatchEvent(new Event('online'))

  expect(calls).toEqual(['offline', 'drop', 'online', 'try'])
})
