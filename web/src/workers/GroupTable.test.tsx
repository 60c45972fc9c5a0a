import { cleanup, render, screen, within } from '@testing-library/react'
import { maskFragments } from 'gql.tada'
import { afterEach, expect, test } from 'vitest'
import type { ResultOf } from '../graphql/graphql.ts'
import { GroupTable, GroupTable_group } from './GroupTable.tsx'

afterEach(cleanup)

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
  render(
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
