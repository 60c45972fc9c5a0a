// @vitest-environment node
import { expect, test } from 'vitest'
import { emptyDraft } from './draft.ts'
import { editsInWords, onTopOf } from './othersEdit.ts'

const base = { ...emptyDraft('UTC'), name: 'report', tags: ['daily'] }
const mine = { ...base, cron: '0 4 * * *', description: 'mine' }
const theirs = { ...base, cron: '0 5 * * *', tags: ['daily', 'finance'] }

test("someone else's edit is told by the names of the fields, and where both changed the same one", () => {
  expect(editsInWords(base, mine, theirs)).toEqual({
    theirs: ['Cron expression', 'Tags'],
    both: ['Cron expression'],
  })
  expect(editsInWords(base, { ...mine, cron: theirs.cron }, theirs).both).toEqual([])
})

test('my changes go on top of theirs, and what I left alone is as they made it', () => {
  expect(onTopOf(base, mine, theirs)).toEqual({
    ...base,
    cron: '0 4 * * *',
    description: 'mine',
    tags: ['daily', 'finance'],
  })
})
