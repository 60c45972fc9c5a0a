import { homedir } from 'node:os'
import { expect, it } from 'vitest'
import { causesOf } from './causes.ts'

const PROJECT = '/srv/app'

function errorWith(stack: string, message = 'failed', cause?: unknown): Error {
  const error = new Error(message, { cause })
  error.stack = stack
  return error
}

it('names an error and all that caused it, with their frames', () => {
  const inner = Object.assign(errorWith('Error: closed\n    at read (node:net:1:2)', 'closed'), {
    code: 'ECONNRESET',
  })
  const outer = errorWith('ImportError: no end\n    at run (/srv/app/tasks/import.ts:31:20)', 'no end', inner)
  outer.name = 'ImportError'

  expect(causesOf(outer, PROJECT)).toEqual([
    { name: 'ImportError', message: 'no end', stack: ['at run (tasks/import.ts:31:20)'] },
    { name: 'Error', message: 'closed', code: 'ECONNRESET', stack: ['at read (node:net:1:2)'] },
  ])
})

it.each([
  ['at run (file:///srv/app/tasks/a.ts:1:2)', 'at run (tasks/a.ts:1:2)'],
  ['at file:///srv/app/tasks/a.ts:1:2', 'at tasks/a.ts:1:2'],
  [
    'at async run (/srv/app/node_modules/.pnpm/x@1/node_modules/x/i.js:1:2)',
    'at async run (node_modules/x/i.js:1:2)',
  ],
  ['at run (/home/ann/secret/other.ts:1:2)', 'at run (…/other.ts:1:2)'],
  ['at run (C:\\Users\\ann\\other.ts:1:2)', 'at run (…/other.ts:1:2)'],
  ['at node:internal/process/task_queues:105:5', 'at node:internal/process/task_queues:105:5'],
  ['at Map.get (<anonymous>)', 'at Map.get (<anonymous>)'],
])('a frame says nothing of the folders of the machine: %s', (frame, kept) => {
  expect(causesOf(errorWith(`Error: failed\n    ${frame}`), PROJECT)?.[0]?.stack).toEqual([kept])
})

it('a message names what is in the project, or at home, without where that is', () => {
  const { message } = causesOf(new Error(`no ${PROJECT}/data.csv, nor ${homedir()}/x`), PROJECT)![0]!
  expect(message).toBe('no data.csv, nor ~/x')
})

it('is bounded, however deep, long or circular', () => {
  let deep: unknown = new Error('end')
  for (let level = 0; level < 50; level++) deep = new Error('x'.repeat(100_000), { cause: deep })
  const circular = new Error('round')
  circular.cause = circular
  const frames = `Error\n${Array(500)
    .fill(`    at ${'f'.repeat(5_000)} (a.ts:1:2)`)
    .join('\n')}`

  expect(causesOf(deep)).toHaveLength(8)
  expect(JSON.stringify(causesOf(deep)).length).toBeLessThan(65_000)
  expect(causesOf(circular)).toHaveLength(1)
  expect(causesOf(errorWith(frames))?.[0]?.stack).toHaveLength(20)
})

it.each([['text'], [null], [{ message: 'no error' }], [undefined]])(
  'what is not an error has none: %j',
  (thrown) => {
    expect(causesOf(thrown)).toBeNull()
  },
)

it('what refuses to be read breaks nothing', () => {
  const hostile = new Error('x')
  Object.defineProperty(hostile, 'message', {
    get: () => {
      throw new Error('no')
    },
  })
  const half = new Error('half', { cause: hostile })

  expect(causesOf(hostile)).toBeNull()
  expect(causesOf(half)).toHaveLength(1)
  expect(causesOf(Object.assign(new Error('\0\ud800'), {}))?.[0]?.message).toBe('\ufffd\ufffd')
})
