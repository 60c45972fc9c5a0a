import { MantineProvider } from '@mantine/core'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, expect, test, vi } from 'vitest'
import { heldClient } from '../../graphql/heldClientFactory.ts'
import { ofCalendar } from '../calendarSearch.ts'
import { FilterChips } from './FilterChips.tsx'
import { NamedFilterChips } from './NamedFilterChips.tsx'
import { mostViews } from './savedViews.ts'
import { SavedViewList } from './SavedViewList.tsx'

afterEach(cleanup)

const views = [
  { name: 'Failures', address: '/calendar/week?status=failed' },
  { name: 'Reports', address: '/calendar/month?tag=reports' },
]

function showViews(props: Partial<Parameters<typeof SavedViewList>[0]> = {}) {
  const done = {
    onChoose: vi.fn(),
    onSave: vi.fn(() => Promise.resolve(true)),
    onRename: vi.fn(() => Promise.resolve(true)),
    onDelete: vi.fn(),
  }
  render(
    <MantineProvider env="test">
      <SavedViewList
        views={views}
        address="/calendar/month?tag=reports"
        isChanging={false}
        {...done}
        {...props}
      />
    </MantineProvider>,
  )
  return done
}
const type = (label: string, text: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } })

test('a view is a link, and the one that is shown is marked', () => {
  const { onChoose } = showViews()
  expect(screen.getByRole('link', { name: 'Reports' }).getAttribute('aria-current')).toBe('true')

  fireEvent.click(screen.getByRole('link', { name: 'Failures' }))

  expect(onChoose).toHaveBeenCalledWith(views[0])
})

test('what is shown is saved under a name, without the space around it', async () => {
  const { onSave } = showViews()
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(screen.getByText('Enter a name.')).toBeDefined()

  type('Name of this view', ' Nights ')
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(onSave).toHaveBeenCalledWith('Nights')
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Name of this view').value).toBe(''))
})

test('a view is renamed in its place, not to a name that another has', async () => {
  const { onRename } = showViews()
  fireEvent.click(screen.getByRole('button', { name: 'Rename Failures' }))
  type('New name of Failures', 'Reports')
  fireEvent.click(screen.getByRole('button', { name: 'Rename' }))
  expect(screen.getByText('Another view has this name.')).toBeDefined()

  type('New name of Failures', 'Broken')
  fireEvent.click(screen.getByRole('button', { name: 'Rename' }))

  expect(onRename).toHaveBeenCalledExactlyOnceWith('Failures', 'Broken')
  await waitFor(() => expect(screen.queryByLabelText('New name of Failures')).toBeNull())
})

test('a view is deleted', () => {
  const { onDelete } = showViews()
  fireEvent.click(screen.getByRole('button', { name: 'Delete Reports' }))

  expect(onDelete).toHaveBeenCalledWith('Reports')
})

test('with as many as the database keeps there is no saving', () => {
  const all = Array.from({ length: mostViews }, (_, index) => ({ ...views[0]!, name: `view ${index}` }))
  showViews({ views: all })

  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull()
  expect(screen.getByText(/You can save 50 views/)).toBeDefined()
})

test('a filtered calendar says so, and each part can be taken away', () => {
  const onDrop = vi.fn()
  const onClear = vi.fn()
  render(<FilterChips search={ofCalendar({ tag: 'reports', status: 'failed' })} {...{ onDrop, onClear }} />)

  fireEvent.click(screen.getByRole('button', { name: 'Remove the filter: Tag reports' }))
  fireEvent.click(screen.getByRole('button', { name: 'Clear' }))

  expect(onDrop).toHaveBeenCalledExactlyOnceWith('tag')
  expect(onClear).toHaveBeenCalledOnce()
})

test('a calendar that shows all says nothing', () => {
  const { container } = render(<FilterChips search={ofCalendar({})} onDrop={vi.fn()} onClear={vi.fn()} />)

  expect(container.childElementCount).toBe(0)
})

test('one schedule is told by its name as soon as that is known', () => {
  const { client, last } = heldClient()
  render(
    <Provider value={client}>
      <NamedFilterChips search={ofCalendar({ schedule: '76' })} onDrop={vi.fn()} onClear={vi.fn()} />
    </Provider>,
  )
  expect(screen.getByRole('button', { name: 'Remove the filter: Schedule #76' })).toBeDefined()

  act(() => last().answer({ schedule: { __typename: 'Schedule', rowId: '76', name: 'morning-report' } }))

  expect(screen.getByRole('button', { name: 'Remove the filter: Schedule morning-report' })).toBeDefined()
})
