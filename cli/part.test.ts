import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a part that can no longer work ends its process with code 1', async () => {
  const child = fork(join(import.meta.dirname, 'testing/uselessPart.ts'), { stdio: 'ignore' })

  expect(await once(child, 'exit')).toEqual([1, null])
})
