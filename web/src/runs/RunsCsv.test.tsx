import { MantineProvider } from '@mantine/core'
import { Notifications, notifications } from '@mantine/notifications'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { heldClient, refusalOf } from '../graphql/heldClientFactory.ts'
import { loadTemporal } from '../time/temporal.ts'
import { RunsCsv } from './RunsCsv.tsx'
import { readSearch } from '../address/params.ts'
import { runListParams } from './runList.ts'

let saved: { name: string; lines: number }[] = []
beforeAll(async () => {
  await loadTemporal()
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
})
beforeEach(() => {
  saved = []
  const blobs: Blob[] = []
  URL.createObjectURL = (blob) => {
    blobs.push(blob as Blob)
    return '#'
  }
  URL.revokeObjectURL = () => undefined
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    const name = this.download
    void blobs
      .at(-1)
      ?.text()
      .then((text) => saved.push({ name, lines: text.split('\r\n').length - 2 }))
  })
})
afterEach(() => {
  notifications.clean()
  cleanup()
  vi.restoreAllMocks()
})

function show() {
  const { client, asked } = heldClient()
  render(
    <MantineProvider env="test">
      <Provider value={client}>
        <RunsCsv search={readSearch(runListParams, { q: 'night' }).search} zone="UTC" />
        <Notifications />
      </Provider>
    </MantineProvider>,
  )
  fireEvent.click(screen.getByRole('button', { name: 'CSV' }))
  return async (nth: number) =>
    await waitFor(() => {
      const found = asked[nth]
      if (!found) throw new Error(`Page ${nth} is not asked for.`)
      return found
    })
}

const row = { rowId: '7', scheduleName: 'nightly', status: 'failed', attempt: 1, error: '=1+1' }
const pageOf = (count: number, next: string | null) => ({
  findRuns: { runs: Array.from({ length: count }, () => row), next },
})

test('pages are read to the end, and the file has them all', async () => {
  const page = show()
  const first = await page(0)
  expect(first.variables).toMatchObject({ first: 500, after: null })
  first.answer(pageOf(500, 'next'))
  const second = await page(1)
  expect(second.variables).toMatchObject({ after: 'next' })
  second.answer(pageOf(2, null))

  expect(await screen.findByText('The file has all 502 runs.')).toBeTruthy()
  await waitFor(() => expect(saved).toEqual([{ name: 'runs.csv', lines: 502 }]))
})

test('a file is bounded, and what is left out is said', async () => {
  const page = show()
  for (let nth = 0; nth < 20; nth++) (await page(nth)).answer(pageOf(500, `after ${nth}`))

  expect(
    await screen.findByText(/^The file has the latest 10,000 runs, and none of the older ones/),
  ).toBeTruthy()
  await waitFor(() => expect(saved).toEqual([{ name: 'runs-latest-10000.csv', lines: 10_000 }]))
})

test('where a page is refused there is no file, and the refusal is shown', async () => {
  const page = show()
  ;(await page(0)).answer(pageOf(500, 'next'))
  ;(await page(1)).fail(refusalOf('Too many requests.', { code: 'AL030', hint: 'Wait a minute.' }))

  expect(await screen.findByText('Too many requests. Wait a minute.')).toBeTruthy()
  expect(saved).toEqual([])
})
