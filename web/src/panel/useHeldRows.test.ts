// @vitest-environment node
import { expect, test } from 'vitest'
import { heldRows } from './useHeldRows.ts'

const row = (rowId: string, status = 'queued') => ({ rowId, status })

test('held rows stay where they are: with what is new of them, and without what is new among them', () => {
  const held = [row('3'), row('2'), row('1')]

  expect(heldRows([row('5'), row('4'), row('2', 'running'), row('3')], held)).toEqual({
    shown: [row('3'), row('2', 'running'), row('1')],
    added: 2,
  })
})
