import { MantineProvider, Select } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { theme } from './theme.ts'

afterEach(cleanup)

const options = ['Every day', 'On weekdays', 'Each week', 'Each month', 'Hourly']

function show(isSearchable = false) {
  const onChange = vi.fn()
  render(
    <MantineProvider theme={theme} env="test">
      <Select
        label="Repeats"
        data={options}
        value="Every day"
        searchable={isSearchable}
        onChange={onChange}
      />
    </MantineProvider>,
  )
  const input = screen.getByRole('combobox', { name: 'Repeats' })
  input.focus()
  return { input, onChange }
}
const marked = () => document.querySelector('[data-combobox-selected]')?.textContent
let at = 0
const type = (input: HTMLElement, text: string, pause = 0) => {
  at += 10_000 * pause
  for (const key of text) {
    const code = key === ' ' ? 'Space' : ''
    const event = new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true })
    Object.defineProperty(event, 'timeStamp', { value: (at += 1) })
    fireEvent(input, event)
  }
}

test('letters go to the option that begins with them, and Enter takes it', async () => {
  const { input, onChange } = show()

  type(input, 'on', 1)

  await expect.poll(marked).toBe('On weekdays')
  fireEvent.keyDown(input, { key: 'Enter', code: 'Enter' })
  expect(onChange.mock.calls.map(([value]) => value as string)).toEqual(['On weekdays'])
})

test('the same letter again goes to the next that begins with it, and round', async () => {
  const { input } = show()

  type(input, 'e', 1)
  await expect.poll(marked).toBe('Each week')
  type(input, 'e')
  await expect.poll(marked).toBe('Each month')
  type(input, 'e')
  await expect.poll(marked).toBe('Every day')
})

test('several letters are one text, and after a while another', async () => {
  const { input } = show()

  type(input, 'each m', 1)
  await expect.poll(marked).toBe('Each month')
  type(input, 'h', 1)
  await expect.poll(marked).toBe('Hourly')
})

test('what no option begins with changes nothing, and a list that is searched is left alone', async () => {
  const { input } = show()
  type(input, 'h', 1)
  await expect.poll(marked).toBe('Hourly')
  type(input, 'x', 1)
  expect(marked()).toBe('Hourly')
  cleanup()

  const searched = show(true)
  type(searched.input, 'h', 1)
  expect(marked()).toBeUndefined()
})

test('what is typed into a list that is searched takes the place of what was chosen, and Enter takes the first found', async () => {
  const { input, onChange } = show(true)
  const box = input as HTMLInputElement
  expect([box.selectionStart, box.selectionEnd]).toEqual([0, 'Every day'.length])

  fireEvent.change(input, { target: { value: 'week' } })
  await expect.poll(marked).toBe('On weekdays')
  fireEvent.keyDown(input, { key: 'Enter', code: 'Enter' })

  expect(onChange.mock.calls.map(([value]) => value as string)).toEqual(['On weekdays'])
})

test('a list that is searched says that nothing was found', async () => {
  const { input } = show(true)

  fireEvent.change(input, { target: { value: 'never' } })

  expect(await screen.findByText('Nothing found.')).toBeDefined()
})
