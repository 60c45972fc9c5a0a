import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { CronPicker } from './CronPicker.tsx'

afterEach(cleanup)

function show(value: string) {
  const onChange = vi.fn()
  render(
    <MantineProvider env="test">
      <CronPicker {...{ value, onChange }} />
    </MantineProvider>,
  )
  return onChange
}

const type = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
const weekdays = () => within(screen.getByRole('group', { name: 'Weekdays' }))

test.each([
  ['*/10 * * * *', 'Minutes', '10', '15', '*/15 * * * *'],
  ['5 * * * *', 'At minute', '5', '30', '30 * * * *'],
  ['30 2 7 * *', 'On day', '7', '21', '30 2 21 * *'],
])('%s is picked by “%s”, which writes the expression', (cron, label, shown, typed, written) => {
  const onChange = show(cron)
  expect(screen.getByLabelText<HTMLInputElement>(label).value).toBe(shown)

  type(label, typed)

  expect(onChange).toHaveBeenLastCalledWith(written)
})

test.each([
  ['*/10 * * * *', 'Minutes', '60'],
  ['5 * * * *', 'At minute', '60'],
  ['30 2 7 * *', 'On day', '32'],
])('of %s, “%s” writes no number that cron refuses', (cron, label, typed) => {
  const onChange = show(cron)

  type(label, typed)

  expect(onChange).not.toHaveBeenCalled()
})

test('weekdays are toggles that say their full names', () => {
  const onChange = show('30 2 * * 1,3')
  const pressed = weekdays().getAllByRole('button', { pressed: true })
  expect(pressed.map((day) => day.getAttribute('aria-label'))).toEqual(['Monday', 'Wednesday'])

  fireEvent.click(weekdays().getByRole('button', { name: 'Wednesday' }))

  expect(onChange).toHaveBeenCalledExactlyOnceWith('30 2 * * 1')
})

test('the last weekday stays chosen, because there must be one', () => {
  const onChange = show('30 2 * * 1')

  fireEvent.click(weekdays().getByRole('button', { name: 'Monday' }))

  expect(onChange).not.toHaveBeenCalled()
})

test('an expression that the pickers cannot show is left as it is, and called so', () => {
  const onChange = show('1-7/3 2 * 5 *')

  expect(screen.getByDisplayValue('As in the expression')).toBeDefined()
  expect(screen.queryByLabelText('Minutes')).toBeNull()
  expect(onChange).not.toHaveBeenCalled()
})
