import { act, cleanup, render, screen } from '@testing-library/react'
import { Suspense } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => {
  vi.useFakeTimers()
  // What has been shown is known to the module, once for a page.
  vi.resetModules()
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

async function makeLater() {
  const page = await import('./later.ts')
  const load = vi.fn(() => Promise.resolve({ Part: () => <p>Part</p> }))
  return { ...page, load, Part: page.later(load, 'Part') }
}

test('what the first view does without is fetched once that is shown', async () => {
  const { firstViewShown, load } = await makeLater()
  await pass(9_000)
  expect(load).not.toHaveBeenCalled()

  firstViewShown()
  await pass(1_000)

  expect(load).toHaveBeenCalledOnce()
})

test('where nothing says that it is shown, it is fetched after a while', async () => {
  const { load } = await makeLater()

  await pass(12_000)

  expect(load).toHaveBeenCalledOnce()
})

test('what someone needs before is fetched at once, and once only', async () => {
  const { Part, load, firstViewShown } = await makeLater()

  render(
    <Suspense>
      <Part />
    </Suspense>,
  )
  await pass(0)
  expect(screen.getByText('Part')).toBeTruthy()
  firstViewShown()
  await pass(1_000)

  expect(load).toHaveBeenCalledOnce()
})

test('something done that needs the rest does not wait for the first view', async () => {
  const { loadNow, load } = await makeLater()

  loadNow()
  await pass(0)

  expect(load).toHaveBeenCalledOnce()
})

test('what could not be fetched is tried again where it is needed', async () => {
  const { Part, load, loadNow } = await makeLater()
  load.mockRejectedValueOnce(new Error('offline'))
  loadNow()
  await pass(0)

  render(
    <Suspense>
      <Part />
    </Suspense>,
  )
  await pass(0)

  expect(screen.getByText('Part')).toBeTruthy()
  expect(load).toHaveBeenCalledTimes(2)
})
