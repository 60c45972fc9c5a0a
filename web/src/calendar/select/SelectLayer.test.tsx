import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { useState } from 'react'
import { Provider } from 'urql'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { heldClient } from '../../graphql/heldClientFactory.ts'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { itemKey } from '../items/calendarItem.ts'
import { ItemChip, PileChip } from '../items/ItemChip.tsx'
import { pileFace } from '../items/pile.ts'
import { createSelection } from './selection.ts'
import { SelectLayer } from './SelectLayer.tsx'

// Code for later is fetched at once.
vi.hoisted(() => {
  vi.stubGlobal('requestIdleCallback', (run: () => void) => run())
})

const at = Date.parse('2026-11-27T03:00Z')
const hour = 3_600_000
const items = ['nightly', 'report', 'first', 'second'].map((scheduleName, index) =>
  calendarItem({ scheduleName, scheduleId: String(index), startsAt: at + index * hour }),
)
const pile = items.slice(2)

beforeAll(loadTemporal)
afterEach(cleanup)

function show({ canChange = true } = {}) {
  const server = heldClient()
  const opened = vi.fn()
  const bulk = { occurrences: vi.fn(() => Promise.resolve()), pause: vi.fn(() => Promise.resolve()) }
  const Calendar = () => {
    const [selection] = useState(createSelection)
    return (
      <SelectLayer
        items={items}
        window={{ start: at - 24 * hour, end: at + 24 * hour }}
        timeZone="UTC"
        now={at - 2 * hour}
        {...{ selection, canChange, bulk }}
      >
        {items.slice(0, 2).map((item) => (
          <ItemChip
            key={itemKey(item)}
            item={item}
            label={item.scheduleName}
            time=""
            note={null}
            isOpen={false}
            onOpen={opened}
          />
        ))}
        <PileChip items={pile} face={pileFace(pile, '05:00')} label="pile" isOpen={false} onOpen={opened} />
      </SelectLayer>
    )
  }
  render(
    <MantineProvider env="test">
      <Provider value={server.client}>
        <Calendar />
      </Provider>
    </MantineProvider>,
  )
  const chip = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name}`) })
  /** The database says where occurrences of each schedule do not belong. */
  const answer = async (closedTimes: Record<string, unknown[]> = {}) => {
    for (let answered = 0; answered < items.length; answered += 1) {
      const held = server.asked.filter(({ name }) => name === 'ClosedTimes')[answered]
      if (held === undefined) break
      const { schedule } = held.variables as { schedule: string }
      held.answer({ closedTimes: closedTimes[schedule] ?? [], schedules: { nodes: [] } })
      await Promise.resolve()
    }
  }
  return { ...server, opened, bulk, chip, answer }
}
const count = () => screen.findByText(/ selected$/, { selector: 'b' })

test('a click with Ctrl selects and opens nothing, on a pile all that is in it; Esc clears', async () => {
  const { chip, opened } = show()

  fireEvent.click(chip('nightly'), { ctrlKey: true })
  expect((await count()).textContent).toBe('1 selected')
  expect(chip('nightly').textContent).toContain('selected')
  fireEvent.click(chip('pile'), { metaKey: true })
  expect((await count()).textContent).toBe('3 selected')
  fireEvent.click(chip('nightly'), { ctrlKey: true })
  expect((await count()).textContent).toBe('2 selected')

  fireEvent.keyDown(document.body, { key: 'Escape' })
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Selection' })).toBeNull())
  expect(opened).not.toHaveBeenCalled()
})

test('Ctrl with the space key selects what has the focus', async () => {
  const { chip } = show()
  chip('report').focus()

  fireEvent.keyDown(chip('report'), { key: ' ', ctrlKey: true })

  expect((await count()).textContent).toBe('1 selected')
})

test('Shift with an arrow selects where the focus was, and where it goes', async () => {
  const { chip } = show()
  chip('nightly').focus()

  fireEvent.keyDown(chip('nightly'), { key: 'ArrowDown', shiftKey: true })
  chip('report').focus()

  await waitFor(async () => expect((await count()).textContent).toBe('2 selected'))
})

test('who may change nothing selects nothing, and a click opens as ever', () => {
  const { chip, opened } = show({ canChange: false })

  fireEvent.click(chip('nightly'), { ctrlKey: true })

  expect(opened).toHaveBeenCalledOnce()
  expect(screen.queryByText('1 selected')).toBeNull()
})

test('before anything is skipped it says how many are and which are not, then it does that and is gone', async () => {
  const { chip, bulk, answer } = show()
  fireEvent.click(chip('nightly'), { ctrlKey: true })
  fireEvent.click(chip('report'), { ctrlKey: true })

  fireEvent.click(await screen.findByRole('button', { name: 'Skip…' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Skip 2 occurrences' }))
  expect(dialog.getByRole('button', { name: 'Nothing to do' })).toHaveProperty('disabled', true)
  await answer({
    report: [
      {
        startsAt: '2026-11-01T00:00Z',
        endsAt: '2026-12-01T00:00Z',
        reason: 'other owner',
        label: 'finance',
      },
    ],
  })
  await dialog.findByText('of 2 will not run')
  expect(await dialog.findByText(/It belongs to finance/)).toBeDefined()
  fireEvent.change(dialog.getByLabelText('Reason'), { target: { value: 'move' } })
  fireEvent.click(dialog.getByRole('button', { name: 'Skip 1' }))

  expect(bulk.occurrences).toHaveBeenCalledWith(
    [{ item: expect.objectContaining({ scheduleName: 'nightly' }) as unknown, change: { do: 'skip' } }],
    'move',
  )
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Selection' })).toBeNull())
})

test('how far they move is chosen, with where the first and the last are then', async () => {
  const { chip, bulk, answer } = show()
  fireEvent.click(chip('nightly'), { ctrlKey: true })
  fireEvent.click(chip('report'), { ctrlKey: true })

  fireEvent.click(await screen.findByRole('button', { name: 'Move by…' }))
  const dialog = within(await screen.findByRole('dialog', { name: /^Move 2 occurrences/ }))
  await answer()
  expect(
    await dialog.findByText('First at Fri 27 Nov 04:00, last at Fri 27 Nov 05:00', { exact: false }),
  ).toBeDefined()
  fireEvent.submit(dialog.getByRole('button', { name: 'Move 2' }))

  expect(bulk.occurrences).toHaveBeenCalledWith(
    [
      expect.objectContaining({ change: { do: 'move', to: at + hour } }),
      expect.objectContaining({ change: { do: 'move', to: at + 2 * hour } }),
    ],
    null,
  )
})

test('a pause counts what is due in a week and will not run', async () => {
  const { chip, bulk, answer, asked } = show()
  fireEvent.click(chip('nightly'), { ctrlKey: true })

  fireEvent.click(await screen.findByRole('button', { name: 'Pause…' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Pause 1 schedule' }))
  await answer()
  await waitFor(() => expect(asked.some(({ name }) => name === 'OccurrencesOf')).toBe(true))
  asked
    .find(({ name }) => name === 'OccurrencesOf')
    ?.answer({
      calendar: [
        { startsAt: null, upcoming: '7' },
        { startsAt: null, upcoming: '5' },
      ],
    })
  expect((await dialog.findByText('12')).nextSibling?.textContent).toBe('due in 7 days will not run')
  fireEvent.submit(dialog.getByRole('button', { name: 'Pause 1' }))

  expect(bulk.pause).toHaveBeenCalledWith([expect.objectContaining({ scheduleName: 'nightly' })], null)
})

const tap = (on: Element) => {
  fireEvent.pointerDown(on, { pointerId: 3, pointerType: 'touch' })
  fireEvent.pointerUp(on, { pointerId: 3, pointerType: 'touch' })
  fireEvent.click(on)
}

test('a tap opens while nothing is selected, then it selects more and takes out again', async () => {
  const { chip, opened } = show()

  tap(chip('nightly'))
  expect(opened).toHaveBeenCalledOnce()
  fireEvent.click(chip('nightly'), { ctrlKey: true })
  tap(chip('report'))
  expect((await count()).textContent).toBe('2 selected')
  tap(chip('nightly'))
  expect((await count()).textContent).toBe('1 selected')
  expect(opened).toHaveBeenCalledOnce()
})
