import { expect, test } from 'vitest'
import { isPermanent } from '../../runs/permanent.ts'
import { readEmail } from './message.ts'
import { readEmailSettings } from './settings.ts'

const settings = readEmailSettings({
  ALMANAC_EMAIL_URL: 'smtp://mail.example.com',
  ALMANAC_EMAIL_FROM: 'almanac@example.com',
  ALMANAC_EMAIL_ALLOW: '*',
})!
const run = { id: '7', scheduleId: '1', scheduledFor: '2027-03-28T00:30:00+00:00', attempt: 1, runAs: 'ann' }
const message = { to: ['ann@example.com'], subject: 'Done', text: 'It is done.' }
const idOf = (changes: object) => readEmail(message, { ...run, ...changes }, settings).messageId

test('a Message-ID is the same at each attempt, and another for each run of each installation', () => {
  expect(idOf({ attempt: 2 })).toBe(idOf({}))
  expect(idOf({})).toMatch(/^<almanac-run-7\.[0-9a-f]{16}@example\.com>$/)
  const others = [{ id: '8' }, { scheduleId: '2' }, { scheduledFor: '2027-03-28T00:31:00+00:00' }].map(idOf)
  expect(new Set([idOf({}), ...others]).size).toBe(4)
})

test.each([
  // What an older release saved, or a check that was left out let in.
  [{ to: [] }, '"to" is empty'],
  [{ to: ['ann@example.com\r\nRCPT TO:<bob@example.com>'] }, 'is not an address'],
  [{ to: ['ann@example.com,bob@example.com'] }, 'is not an address'],
  [{ cc: ['Ann <ann@example.com>'] }, 'is not an address'],
  [{ subject: 'Done\nBcc: bob@example.com' }, 'a line break or a control character'],
  [{ subject: 'Done\u2028Bcc: bob@example.com' }, 'a line break or a control character'],
  [{ text: undefined }, 'neither a text nor an html'],
  [{ to: 'ann@example.com' }, 'The payload of almanac:email is invalid'],
])('%j is refused for good', (part, words) => {
  let thrown: unknown
  try {
    readEmail({ ...message, ...part }, run, settings)
  } catch (error) {
    thrown = error
  }
  expect(String(thrown)).toContain(words)
  expect(isPermanent(thrown)).toBe(true)
})
