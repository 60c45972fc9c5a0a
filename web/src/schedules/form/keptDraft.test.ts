// @vitest-environment node
import { expect, test } from 'vitest'
import { emptyDraft } from './draft.ts'
import { keepDraft, keptDraft } from './keptDraft.ts'

function store(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

const draft = { ...emptyDraft('Europe/Paris'), name: 'half', tags: ['crm'] }

test('a draft is kept for its address alone, until it is saved or given up', () => {
  const own = store()

  keepDraft('/schedules/new', draft, own)

  expect(keptDraft('/schedules/new', own)).toEqual(draft)
  expect(keptDraft('/schedules/1/edit', own)).toBeNull()
  keepDraft('/schedules/new', null, own)
  expect(keptDraft('/schedules/new', own)).toBeNull()
})

test.each(['', '{', 'null', '"x"', '{"name":"x"}', JSON.stringify({ ...draft, tags: 'crm' })])(
  '%s is no draft of this form',
  (text) => {
    const own = store()
    own.setItem('almanac.draft:/schedules/new', text)
    expect(keptDraft('/schedules/new', own)).toBeNull()
  },
)
