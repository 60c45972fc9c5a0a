import { fireEvent } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { keepKeysToDialogs, opening } from './heldKeys.ts'

const onPage = vi.fn<(key: string) => void>()
const listen = ({ key }: KeyboardEvent) => onPage(key)
beforeEach(() => {
  vi.useFakeTimers()
  onPage.mockReset()
  document.documentElement.addEventListener('keydown', listen)
})
afterEach(() => {
  document.documentElement.removeEventListener('keydown', listen)
  document.body.replaceChildren()
  vi.runAllTimers()
  vi.useRealTimers()
})
const press = (...keys: string[]) => {
  for (const key of keys) fireEvent.keyDown(document.activeElement ?? document.body, { key })
}
const open = (role = 'dialog') => {
  const dialog = document.createElement('div')
  dialog.setAttribute('role', role)
  const input = document.createElement('input')
  dialog.append(input)
  document.body.append(dialog)
  return input
}

test('keys after one that opens something are typed into that, and are none of the page', () => {
  const onInput = vi.fn()
  opening(() => undefined)

  press('r', 'u', 'x', 'Backspace', 'n', 'Enter')
  const input = open()
  input.addEventListener('input', onInput)
  input.focus()

  expect(input.value).toBe('run')
  expect(onInput).toHaveBeenCalledOnce()
  expect(onPage).not.toHaveBeenCalled()
  press('s')
  expect(onPage).toHaveBeenCalledExactlyOnceWith('s')
})

test('what is not wanted any more before it is open is told so when it is', () => {
  opening(() => undefined)

  press('a', 'Escape', 'b')
  expect(onPage).not.toHaveBeenCalled()
  const input = open()
  input.focus()

  expect(input.value).toBe('')
  expect(onPage).toHaveBeenCalledExactlyOnceWith('Escape')
})

test('commands of the browser are not typed', () => {
  opening(() => undefined)

  fireEvent.keyDown(document.body, { key: 'l', ctrlKey: true })
  const input = open()
  input.focus()

  expect(input.value).toBe('')
})

test('what has the focus already has the keys', () => {
  const input = open()
  input.focus()
  opening(() => undefined)

  press('a')

  expect(onPage).toHaveBeenCalledExactlyOnceWith('a')
})

test('where nothing opens, keys are those of the page again: after a while, or a click', () => {
  opening(() => undefined)
  vi.advanceTimersByTime(10_000)
  press('a')
  opening(() => undefined)
  fireEvent.pointerDown(document.body)
  press('b')

  expect(onPage.mock.calls).toEqual([['a'], ['b']])
})

describe('beneath a dialog that covers the page', () => {
  const stop = vi.fn()
  const target = {
    addEventListener: (...listener: Parameters<typeof window.addEventListener>) => {
      window.addEventListener(...listener)
      stop.mockImplementation(() => window.removeEventListener(...listener))
    },
  } as unknown as Window
  beforeEach(() => keepKeysToDialogs(target))
  afterEach(() => stop())

  test('keys are none of the page, wherever the focus is; Escape and Tab are the dialog\u2019s way out', () => {
    const input = open()
    input.parentElement?.setAttribute('aria-modal', 'true')

    press('y', '/', 'Escape', 'Tab')

    expect(onPage.mock.calls).toEqual([['Escape'], ['Tab']])
    input.focus()
    press('y')
    expect(onPage).toHaveBeenLastCalledWith('y')
  })

  test('without one they are', () => {
    open()

    press('y')

    expect(onPage).toHaveBeenCalledExactlyOnceWith('y')
  })
})
