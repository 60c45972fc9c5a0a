import { expect, it } from 'vitest'
import { nodeOptionsOf, SERVER_HEAP_MB } from './heap.ts'

it('a server is given a limit of memory, and a worker none', () => {
  expect(nodeOptionsOf('server', ['--enable-source-maps'], undefined)).toEqual([
    '--enable-source-maps',
    `--max-old-space-size=${SERVER_HEAP_MB}`,
  ])
  expect(nodeOptionsOf('worker', [], '')).toEqual([])
})

it.each([
  [['--max-old-space-size=2000'], undefined],
  [['--max_old_space_size=2000'], undefined],
  [[], '--trace-gc --max-old-space-size=2000'],
  [[], '--max-old-space-size-percentage=50'],
])('a limit that is set already stays', (own, nodeOptions) => {
  expect(nodeOptionsOf('server', own, nodeOptions)).toEqual(own)
})
