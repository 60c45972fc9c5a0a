import { modals } from '@mantine/modals'
import { expect, test, vi } from 'vitest'
import { keepEarlyModals } from './earlyModals.ts'

test('what was asked before anything could open it is asked again once, and then no more', () => {
  const onKept = vi.fn()
  const replay = keepEarlyModals(window, onKept)
  modals.open({ title: 'Early' })
  expect(onKept).toHaveBeenCalledOnce()
  const open = vi.fn((event: Event) => (event as CustomEvent<{ title: string }>).detail.title)
  window.addEventListener('mantine-modals:openModal', open)

  replay()
  replay()
  modals.open({ title: 'Late' })

  expect(open.mock.results.map(({ value }) => value as string)).toEqual(['Early', 'Late'])
})
