import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { DateInput } from './DateInput.tsx'
import { ClockContext } from './now.ts'
import { loadTemporal } from './temporal.ts'

beforeAll(loadTemporal)
afterEach(cleanup)

const clock = { get: () => Date.parse('2026-11-26T12:00:00Z'), subscribe: () => () => undefined }
const onChange = vi.fn()

function Form() {
  const [value, setValue] = useState('2026-11-30')
  return (
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <DateInput
          label="Day"
          value={value}
          zone="Europe/Paris"
          onChange={(date, isDate) => {
            onChange(date, isDate)
            setValue(date)
          }}
        />
        <button onClick={() => setValue('')}>Begin again</button>
      </ClockContext>
    </MantineProvider>
  )
}

const field = () => screen.getByLabelText<HTMLInputElement>('Day')
const type = (value: string) => fireEvent.change(field(), { target: { value } })

test.each([
  ['2027-03-01', '2027-03-01'],
  ['24 dec', '2026-12-24'],
  ['tomorrow', '2026-11-27'],
  ['+7', '2026-12-03'],
])('%s is the date %s, which the field shows once it is left', (typed, date) => {
  render(<Form />)
  expect(field().value).toBe('2026-11-30')

  type(typed)
  expect(onChange).toHaveBeenLastCalledWith(date, true)
  expect(field().value).toBe(typed)
  fireEvent.blur(field())

  expect(field().value).toBe(date)
})

test('what is not a date is told as it is, and stays', () => {
  render(<Form />)

  type('32 dec')
  fireEvent.blur(field())

  expect(onChange).toHaveBeenLastCalledWith('32 dec', false)
  expect(field().value).toBe('32 dec')
})

test('a form that begins again empties the field, also while it is typed in', () => {
  render(<Form />)
  type('24 dec')

  fireEvent.click(screen.getByText('Begin again'))

  expect(field().value).toBe('')
})
