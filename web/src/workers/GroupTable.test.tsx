import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { maskFragments } from 'gql.tada'
import type { ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Problem } from '../graphql/error.ts'
import type { ResultOf } from '../graphql/graphql.ts'
import { GroupForm } from './GroupForm.tsx'
import { GroupTable, GroupTable_group } from './GroupTable.tsx'

afterEach(cleanup)

const show = (children: ReactNode) => render(<MantineProvider env="test">{children}</MantineProvider>)

const group = (own: Partial<ResultOf<typeof GroupTable_group>>) =>
  maskFragments([GroupTable_group], {
    rowId: '1',
    name: 'gpu',
    description: null,
    maxRunning: 3,
    maxStarts: null,
    startsPer: null,
    running: 2,
    waiting: 0,
    starts: null,
    nextStartAt: null,
    ...own,
  })

test('each group says how much of its limits is used, how many wait, and when the next may start', () => {
  show(
    <GroupTable
      groups={[
        group({}),
        group({ rowId: '3', name: 'full', running: 3, waiting: 2 }),
        group({
          rowId: '2',
          name: 'api',
          maxRunning: null,
          maxStarts: 100,
          startsPer: { hours: 1 } as never,
          running: 0,
          waiting: 7,
          starts: 100,
          nextStartAt: '2027-01-01T12:00:00Z',
        }),
      ]}
      zone="UTC"
      actions={null}
    />,
  )
  const cells = (name: RegExp) =>
    within(screen.getByRole('row', { name }))
      .getAllByRole('cell')
      .map(({ textContent }) => textContent)

  expect(cells(/^gpu/)).toEqual(['2 of 3', '0', 'No limit', 'Now'])
  expect(cells(/^full/)).toEqual(['3 of 3', '2', 'No limit', 'When a run ends'])
  expect(cells(/^api/).slice(0, 3)).toEqual(['0', '7', '100 of 100 in 1 hour'])
  expect(within(screen.getByRole('row', { name: /^api/ })).getByRole('time')).toBeTruthy()
})

test('only admins have buttons to make, change and delete groups', () => {
  const actions = { onEdit: vi.fn(), onDelete: vi.fn() }
  show(<GroupTable groups={[group({})]} zone="UTC" actions={actions} />)

  fireEvent.click(screen.getByRole('button', { name: 'New group' }))
  fireEvent.click(screen.getByRole('button', { name: 'Change gpu' }))
  fireEvent.click(screen.getByRole('button', { name: 'Delete gpu' }))

  expect(actions.onEdit.mock.calls.map(([edited]: unknown[]) => edited)).toEqual([
    null,
    expect.objectContaining({ name: 'gpu', maxRunning: 3 }),
  ])
  expect(actions.onDelete).toHaveBeenCalledExactlyOnceWith('gpu')
  cleanup()

  show(<GroupTable groups={[group({})]} zone="UTC" actions={null} />)
  expect(screen.queryAllByRole('button')).toEqual([])
})

const type = (name: string, value: string) =>
  fireEvent.change(screen.getByRole('textbox', { name }), { target: { value } })
const send = (name: string) => fireEvent.click(screen.getByRole('button', { name }))
const described = (name: string) => screen.getByRole('textbox', { name }).getAttribute('aria-invalid')

function open(answer: Problem | null = null, taken: readonly string[] = []) {
  const onSave = vi.fn(() => Promise.resolve(answer))
  show(<GroupForm group={null} taken={taken} onSave={onSave} />)
  return onSave
}

test('a new group is sent with its limits, the period as seconds', async () => {
  const onSave = open()
  type('Name', ' mail api ')
  type('Starts', '100')
  type('In any', '1 hour 30 minutes')
  send('Create group')

  await waitFor(() =>
    expect(onSave).toHaveBeenCalledExactlyOnceWith({
      name: 'mail api',
      maxRunning: null,
      maxStarts: 100,
      startsPer: { seconds: 5_400 },
      description: '',
    }),
  )
})

test.each([
  [{ 'Runs at once': '3' }, 'Name', 'Enter a name.'],
  [{ Name: 'gpu', 'Runs at once': '3' }, 'Name', 'A group has this name: change that one instead.'],
  [{ Name: 'api', 'Runs at once': 'three' }, 'Runs at once', 'Enter a whole number.'],
  [{ Name: 'api' }, 'Runs at once', 'Enter how many run at once, or how many start in a time.'],
  [{ Name: 'api', Starts: '100' }, 'In any', 'In how much time?'],
  [{ Name: 'api', 'In any': '1 hour' }, 'Starts', 'How many starts in that time?'],
  [
    { Name: 'api', Starts: '100', 'In any': 'soon' },
    'In any',
    'Enter a length such as 1 hour or 90 seconds.',
  ],
])('%j is not sent: %s: %s', (typed, field, text) => {
  const onSave = open(null, ['gpu'])
  for (const [name, value] of Object.entries(typed)) type(name, value)
  send('Create group')

  expect(screen.getByText(text)).toBeTruthy()
  expect(described(field)).toBe('true')
  expect(onSave).not.toHaveBeenCalled()
})

test('what the database refuses stands at its field', async () => {
  open({
    message: 'max_running must be between 0 and 10000.',
    code: 'AL019',
    detail: null,
    hint: null,
    field: 'max_running',
  })
  type('Name', 'api')
  type('Runs at once', '99999')
  send('Create group')

  await waitFor(() => expect(described('Runs at once')).toBe('true'))
  expect(screen.getByText('max_running must be between 0 and 10000.')).toBeTruthy()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('of a group that exists the limits are filled in, and its name stays', () => {
  show(
    <GroupForm
      group={{ name: 'gpu', description: 'Two cards', maxRunning: 2, maxStarts: null, startsPer: null }}
      taken={[]}
      onSave={() => Promise.resolve(null)}
    />,
  )

  expect(screen.getByRole('textbox', { name: 'Runs at once' })).toHaveProperty('value', '2')
  expect(screen.getByRole('textbox', { name: 'Description' })).toHaveProperty('value', 'Two cards')
  expect(screen.queryByRole('textbox', { name: 'Name' })).toBeNull()
})
