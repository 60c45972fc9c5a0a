// @vitest-environment node
import { expect, test } from 'vitest'
import { emptyDraft } from './draft.ts'
import { keepDraft, takeDraft } from './keptDraft.ts'

function store() {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}
const like = emptyDraft('UTC')
const typed = {
  base: { draft: like, updatedAt: '2026-11-25T12:00:00.123456Z', by: 'ann', status: 'active' },
  typed: { ...like, name: 'report', tags: ['daily'] },
}

test('what was typed when a session ended is there once for the one who typed it, in that form', () => {
  const storage = store()
  keepDraft('/schedules/7/edit', 'ann', typed, storage)

  expect(takeDraft('/schedules/8/edit', 'ann', like, storage)).toBeNull()
  expect(takeDraft('/schedules/7/edit', 'ann', like, storage)).toEqual(typed)
  expect(takeDraft('/schedules/7/edit', 'ann', like, storage)).toBeNull()
})

test('no one gets what another typed, nor what no longer fits', () => {
  const storage = store()
  keepDraft('/schedules/7/edit', 'ann', typed, storage)
  expect(takeDraft('/schedules/7/edit', 'bob', like, storage)).toBeNull()

  storage.setItem('almanac.draft /schedules/7/edit', '{"user": "ann", "typed": {"name": "report"}}')
  expect(takeDraft('/schedules/7/edit', 'ann', like, storage)).toBeNull()
  storage.setItem('almanac.draft /schedules/7/edit', '{')
  expect(takeDraft('/schedules/7/edit', 'ann', like, storage)).toBeNull()
})
