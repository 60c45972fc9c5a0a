// @vitest-environment node
import { CombinedError } from 'urql'
import { expect, test } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { setPageZone } from '../time/zone.ts'
import { CHANGED_MEANWHILE, problemLine, readProblems } from './error.ts'

test('what the database says arrives with its code, detail, hint and field', () => {
  const error = new CombinedError({
    graphQLErrors: [
      {
        message: 'The hour is more than 23.',
        extensions: { code: 'AL001', detail: 'hour: 25.', hint: 'Give 0 to 23.', field: 'cron_expression' },
      },
    ],
  })

  const [problem] = readProblems(error)

  expect(problem).toEqual({
    message: 'The hour is more than 23.',
    code: 'AL001',
    detail: 'hour: 25.',
    hint: 'Give 0 to 23.',
    field: 'cron_expression',
  })
  expect(problem && problemLine(problem)).toBe('The hour is more than 23. Give 0 to 23.')
})

test('a lost network is a problem with a remedy in words of our own, not an empty answer', () => {
  const problems = readProblems(new CombinedError({ networkError: new Error('fetch failed') }))

  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({ code: 'network', detail: null, field: null })
})

test.each([
  [503, 'The database is not responding.'],
  [500, 'The server failed to answer.'],
  [429, 'The server has too many requests to answer.'],
])('an answer of HTTP %i says who failed', (status, message) => {
  const [problem] = readProblems(
    new CombinedError({ networkError: new Error('…'), response: new Response('', { status }) }),
  )

  expect(problem).toMatchObject({ message, detail: `HTTP ${status}`, code: 'network' })
})

test('without an error there is no problem', () => {
  expect(readProblems(undefined)).toEqual([])
})

test('a refusal in one line has its times in the zone of the page, like all else on it', async () => {
  await loadTemporal()
  setPageZone('Asia/Tokyo')

  expect(
    problemLine({
      message: 'bo changed it on Mon 30 Nov 2026 22:03:35 (UTC).',
      code: CHANGED_MEANWHILE,
      detail: null,
      hint: 'It was at Mon 30 Nov 2026 07:30:00 (Europe/Paris) before.',
      field: null,
    }),
  ).toBe(
    'bo changed it on Tue 01 Dec 2026 07:03:35 (Asia/Tokyo). It was at Mon 30 Nov 2026 15:30:00 (Asia/Tokyo) before.',
  )
})
