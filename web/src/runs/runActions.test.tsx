import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications, notifications } from '@mantine/notifications'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { heldClient, refusalOf } from '../graphql/heldClientFactory.ts'
import { ClockContext } from '../time/now.ts'
import { loadTemporal } from '../time/temporal.ts'
import { BulkActions } from './BulkActions.tsx'
import { RunActions } from './RunActions.tsx'
import { readSearch } from '../address/params.ts'
import { runListParams } from './runList.ts'

const now = Date.parse('2026-11-25T13:37:08Z')
const clock = { get: () => now, subscribe: () => () => undefined }

beforeAll(loadTemporal)
afterEach(() => {
  notifications.clean()
  cleanup()
})

function show(node: React.ReactNode) {
  const { client, asked } = heldClient()
  render(
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <Provider value={client}>
          <ModalsProvider>{node}</ModalsProvider>
          <Notifications />
        </Provider>
      </ClockContext>
    </MantineProvider>,
  )
  const held = async (name: string, nth = 1) =>
    await waitFor(() => {
      const found = asked.filter((one) => one.name === name)[nth - 1]
      if (!found) throw new Error(`${name} is not asked.`)
      return found
    })
  return { held, asked }
}
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }))
const say = (reason: string) =>
  fireEvent.change(screen.getByLabelText('Reason'), { target: { value: reason } })

const run = {
  rowId: '7',
  scheduleName: 'nightly',
  status: 'queued',
  mayCancel: true,
  mayRetry: false,
  children: null,
}

test('what the database does not allow is not offered', () => {
  show(<RunActions run={{ ...run, mayCancel: false }} onRetried={vi.fn()} />)
  expect(screen.queryAllByRole('button')).toEqual([])

  cleanup()
  show(<RunActions run={{ ...run, mayCancel: null, mayRetry: true }} onRetried={vi.fn()} />)
  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['Retry'])
})

test('a parent is repeated as a whole, or with those children that did not succeed', () => {
  show(<RunActions run={{ ...run, mayCancel: null, mayRetry: true, children: 3 }} onRetried={vi.fn()} />)

  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
    'Retry what failed',
    'Retry all',
  ])
})

test.each([
  ['queued', 'cancelled', 'Run #7 cancelled', /It will not run/],
  ['running', 'running', 'Run #7 is stopping', /shows as stopping/],
])('a run that is %s is cancelled after a question, with a reason', async (status, then, told, said) => {
  const { held, asked } = show(<RunActions run={{ ...run, status }} onRetried={vi.fn()} />)

  press('Cancel')
  expect(await screen.findByText(said)).toBeTruthy()
  expect(asked).toEqual([])
  say(' wrong data ')
  press('Cancel the run')

  const mutation = await held('CancelRun')
  expect(mutation.variables).toEqual({ id: '7', reason: 'wrong data' })
  mutation.answer({ cancelRun: { result: { rowId: '7', status: then } } })
  expect(await screen.findByText(told)).toBeTruthy()
})

test('a refusal is shown as the database says it', async () => {
  const { held } = show(<RunActions run={run} onRetried={vi.fn()} />)
  press('Cancel')
  press(await screen.findByRole('button', { name: 'Cancel the run' }).then(() => 'Cancel the run'))

  const mutation = await held('CancelRun')
  mutation.fail(refusalOf('Run 7 has ended.', { code: 'AL013', hint: 'What has ended stays as it is.' }))

  expect(await screen.findByText('Run 7 has ended. What has ended stays as it is.')).toBeTruthy()
})

test('a failed run is repeated, and the new run opens', async () => {
  const onRetried = vi.fn()
  const { held } = show(
    <RunActions run={{ ...run, mayCancel: false, mayRetry: true }} onRetried={onRetried} />,
  )
  press('Retry')
  await screen.findByText(/A new run starts now/)
  fireEvent.submit(screen.getByLabelText('Reason').closest('form')!)

  const mutation = await held('RetryRun')
  expect(mutation.variables).toEqual({ id: '7', reason: null, onlyFailed: false })
  mutation.answer({ retryRun: { result: { rowId: '9' } } })

  expect(await screen.findByText('Run #9 retries run #7')).toBeTruthy()
  expect(onRetried).toHaveBeenCalledExactlyOnceWith('9')
})

const search = readSearch(runListParams, { schedule: '12' }).search

test('all that the list shows are counted, and cancelled call by call', async () => {
  const { held } = show(<BulkActions search={search} zone="UTC" />)
  press('Cancel all…')
  const count = await held('RunsToCancel')
  expect(count.variables).toEqual({
    filter: { status: ['waiting', 'queued', 'running', 'retrying'], schedule_id: '12' },
  })
  count.answer({ countRunsToCancel: { unbegun: '1200', running: '1', stopping: '2', others: '3' } })

  expect(await screen.findByText('1,200 runs that no worker has taken: cancelled at once. 1 run in progress: its task is asked to stop.')).toBeTruthy() // prettier-ignore
  expect(screen.getByText('Left alone: 2 runs already stopping; 3 runs of schedules that you may not change.')).toBeTruthy() // prettier-ignore
  say('wrong')
  press('Cancel 1,201 runs')

  const first = await held('CancelRuns')
  expect(first.variables).toMatchObject({ reason: 'wrong' })
  first.answer({ cancelRuns: { result: { cancelled: 1000, stopping: 0, isDone: false } } })
  const second = await held('CancelRuns', 2)
  second.answer({ cancelRuns: { result: { cancelled: 200, stopping: 1, isDone: true } } })
  expect(await screen.findByText('1,200 runs cancelled, 1 stopping')).toBeTruthy()
})

test('failed ones are counted, repeated call by call, and the first that cannot be is named', async () => {
  const { held } = show(<BulkActions search={search} zone="UTC" />)
  press('Retry failed…')
  const count = await held('RunsToRetry')
  expect(count.variables).toEqual({ filter: { schedule_id: '12', since: '2026-11-19T00:00:00Z' } })
  count.answer({ countRunsToRetry: { failed: '2', retried: '1', impossible: '0', others: '0' } })
  expect(await screen.findByText('Left alone: 1 run already retried.')).toBeTruthy()
  press('Retry 2 runs')

  const mutation = await held('RetryFailed')
  mutation.answer({
    retryFailed: {
      result: { retried: 1, refused: 1, problem: 'Run 5: /a is 1, must be text.', isDone: true },
    },
  })

  expect(await screen.findByText('1 run retried')).toBeTruthy()
  expect(await screen.findByText('Could not retry: Run 5: /a is 1, must be text.')).toBeTruthy()
})

test('where there is nothing of one’s own, nothing is asked', async () => {
  const { held } = show(<BulkActions search={search} zone="UTC" />)
  press('Cancel all…')
  const count = await held('RunsToCancel')
  count.answer({ countRunsToCancel: { unbegun: '0', running: '0', stopping: '0', others: '3' } })

  expect(await screen.findByText('There are no unfinished runs here that you may cancel.')).toBeTruthy()
  expect(screen.queryByLabelText('Reason')).toBeNull()
})

test('a list of what failed offers only to repeat it', () => {
  show(<BulkActions search={{ ...search, state: 'failed' }} zone="UTC" />)
  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['Retry failed…'])
})
