import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, expect, test } from 'vitest'
import { PayloadInput, type PayloadErrors } from './PayloadInput.tsx'

afterEach(cleanup)

const schema = {
  type: 'object',
  required: ['team'],
  properties: {
    team: { type: 'string', title: 'Team', description: 'Whose it is.' },
    copies: { type: 'integer', default: 1 },
    loud: { type: 'boolean' },
    to: { type: 'array', title: 'To', items: { type: 'string' } },
    at: { type: 'object', properties: { place: { type: 'string' } } },
  },
}

function Draft({ start, errors, schema }: { start: string; errors: PayloadErrors; schema: unknown }) {
  const [text, setText] = useState(start)
  return <PayloadInput schema={schema} text={text} onChange={setText} error={undefined} errors={errors} />
}
const show = (start: string, errors: PayloadErrors = new Map(), one: unknown = schema) =>
  render(
    <MantineProvider env="test">
      <Draft start={start} errors={errors} schema={one} />
    </MantineProvider>,
  )
const field = (name: string | RegExp) => screen.getByLabelText<HTMLInputElement>(name)
const json = () => screen.getByLabelText<HTMLTextAreaElement>(/^Payload a JSON/)
const type = (name: string | RegExp, value: string) => fireEvent.change(field(name), { target: { value } })

test('fields and JSON are one draft, and what no field is for stays', () => {
  show('{"team": "sales", "extra": [1]}')

  expect(field('Team').value).toBe('sales')
  expect(field('copies (optional)').placeholder).toBe('1 (default)')
  type('Team', 'crm')
  type('copies (optional)', '3')
  fireEvent.click(field('loud (optional)'))
  type('place (optional)', 'Paris')
  expect(JSON.parse(json().value)).toEqual({
    team: 'crm',
    extra: [1],
    copies: 3,
    loud: true,
    at: { place: 'Paris' },
  })

  fireEvent.change(json(), { target: { value: '{"team": "ops"}' } })
  expect(field('Team').value).toBe('ops')
  expect(field('copies (optional)').value).toBe('')
})

test('a list grows and shrinks', () => {
  show('{"to": ["a"]}')

  fireEvent.click(screen.getByRole('button', { name: 'Add to To' }))
  type('To 2', 'b')
  expect(JSON.parse(json().value)).toEqual({ to: ['a', 'b'] })
  fireEvent.click(screen.getByRole('button', { name: 'Remove To 1' }))
  expect(JSON.parse(json().value)).toEqual({ to: ['b'] })
})

test('what the database refuses is shown at its field', () => {
  show(
    '{"at": {"place": 5}}',
    new Map([
      ['/at/place', 'is 5, must be text'],
      ['/team', 'is missing'],
    ]),
  )

  expect(field('place (optional)').getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText('is missing')).toBeTruthy()
})

test('a number that is not one yet stays as typed', () => {
  show('{}')

  type('copies (optional)', '1.50')
  expect(JSON.parse(json().value)).toEqual({ copies: '1.50' })
  fireEvent.blur(field('copies (optional)'))
  expect(JSON.parse(json().value)).toEqual({ copies: 1.5 })
  type('copies (optional)', '')
  expect(JSON.parse(json().value)).toEqual({})
})

test('while the JSON is not an object, only that is shown', () => {
  show('{"team": ')

  expect(screen.queryByLabelText('Team')).toBeNull()
  expect(screen.getByText(/not an object/)).toBeTruthy()
  fireEvent.change(json(), { target: { value: '{"team": "a"}' } })
  expect(field('Team').value).toBe('a')
})

test('a task without a schema has JSON alone', () => {
  show('{}', new Map(), null)

  expect(screen.queryByRole('group')).toBeNull()
  expect(json().value).toBe('{}')
})
