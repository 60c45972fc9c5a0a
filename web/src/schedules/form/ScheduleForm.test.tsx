import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Problem } from '../../graphql/error.ts'
import { emptyDraft, type Draft } from './draft.ts'
import { ScheduleForm } from './ScheduleForm.tsx'
import { loadTemporal } from '../../time/temporal.ts'
import { taskProblem, type TaskChoice } from './TaskFields.tsx'
import type { DraftChange } from './useChangePreview.ts'
import type { Preview } from './usePreview.ts'

beforeAll(loadTemporal)

afterEach(cleanup)

const valid: Preview = {
  status: 'valid',
  last: {
    rule: { kind: 'cron', cron: '30 2 * * *', every: '', runAt: '', timezone: 'Europe/Paris' },
    times: [
      { at: '2027-03-27T01:30:00+00:00', note: null },
      { at: '2027-03-28T01:30:00+00:00', note: '02:30 does not exist that day.' },
    ],
  },
  problems: [],
  checked: null,
  cronPosition: null,
  warnings: [],
}

const refusedCron: Problem = {
  message: '25 is not between 0 and 23.',
  code: 'AL001',
  detail: 'hour, position 4 of: 30 25 * * *',
  hint: 'The hour takes 0 to 23.',
  field: 'cron_expression',
}

const task = (identifier: string): TaskChoice => ({
  identifier,
  label: null,
  description: null,
  available: true,
  execution: null,
  mayUse: true,
  requiredRole: null,
  disabledAt: null,
  disabledReason: null,
  problem: null,
  resourceGroup: null,
  taskGroup: null,
  payloadSchema: null,
})

interface Given {
  initial?: Partial<Draft>
  preview?: (draft: Draft) => Preview
  problems?: Problem[]
  change?: DraftChange | null
}

function show({ initial = {}, preview = () => valid, problems = [], change = null }: Given = {}) {
  const onSubmit = vi.fn()
  const onDraftChange = vi.fn()
  render(
    <MantineProvider env="test">
      <ScheduleForm
        id="form"
        initial={{ ...emptyDraft('Europe/Paris'), name: 'nightly', ...initial }}
        tasks={[
          task('almanac:sql'),
          task('report'),
          { ...task('payroll'), mayUse: false, requiredRole: 'clerks' },
        ]}
        zone="America/New_York"
        usePreview={preview}
        useChangePreview={() => change}
        calendars={['Holidays', 'Freeze']}
        groups={['gpu', 'mail']}
        workflows={[
          { name: 'load', description: 'Customers, then orders.' },
          { name: 'tidy', description: null },
        ]}
        retention={{ keepFor: { days: 90 }, keepFailuresFor: null, keepLast: 1000 }}
        calendarsLink={null}
        problems={problems}
        onSubmit={onSubmit}
        onDraftChange={onDraftChange}
        isNew
        heading={<h1>New schedule</h1>}
        actions={<button type="submit">Create schedule</button>}
      />
    </MantineProvider>,
  )
  return { onSubmit, onDraftChange }
}

const field = (name: string | RegExp) => screen.getByRole<HTMLInputElement>('textbox', { name })
const type = (name: string | RegExp, value: string) => fireEvent.change(field(name), { target: { value } })

test('the message of the database is shown at the field, and what was typed stays', () => {
  show({
    preview: ({ cron }) =>
      cron === '30 25 * * *'
        ? { ...valid, status: 'invalid', problems: [refusedCron], cronPosition: 4 }
        : valid,
  })

  type('Cron expression', '30 25 * * *')

  expect(field('Cron expression').value).toBe('30 25 * * *')
  expect(field('Cron expression').getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText('25 is not between 0 and 23. The hour takes 0 to 23.')).toBeTruthy()
  expect(field('Hour').getAttribute('aria-invalid')).toBe('true')
  expect(field('Minute').getAttribute('aria-invalid')).toBe('false')
})

test('while the rule is wrong, the last valid one stays in view and is called so', () => {
  show({ preview: () => ({ ...valid, status: 'invalid', problems: [refusedCron] }) })
  const next = within(screen.getByRole('region', { name: 'Next runs' }))

  expect(next.getByText('Last valid rule')).toBeTruthy()
  expect(next.getByText('At 02:30 every day')).toBeTruthy()
  expect(next.getAllByRole('row')).toHaveLength(3)
})

test('times are shown in both zones, and a clock change is said', () => {
  show()
  const next = within(screen.getByRole('region', { name: 'Next runs' }))

  expect(next.getByRole('columnheader', { name: 'New York' })).toBeTruthy()
  expect(next.getByText('Sat 21:30 −04')).toBeTruthy()
  expect(next.getByText(/02:30 does not exist that day/)).toBeTruthy()
})

test('the heading comes before the fields, the buttons after them', () => {
  show()
  const heading = screen.getByRole('heading', { name: 'New schedule' })
  const create = screen.getByRole('button', { name: 'Create schedule' })
  const isAfter = (one: Element, other: Element) =>
    (other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0
  const fields = [
    ...screen.getAllByRole('textbox'),
    ...screen.getAllByRole('combobox'),
    ...screen.getAllByRole('switch'),
  ]

  expect(fields.filter((field) => !isAfter(field, heading))).toEqual([])
  expect(fields.filter((field) => !isAfter(create, field))).toEqual([])
})

test.each([
  ['Ctrl', { ctrlKey: true }],
  ['⌘', { metaKey: true }],
])('%s and Enter saves, also from a text of several lines', async (_, modifiers) => {
  const { onSubmit } = show({ initial: { task: 'almanac:sql', statement: 'select 1' } })

  fireEvent.keyDown(field('Statement'), { key: 'Enter', ...modifiers })

  await expect.poll(() => onSubmit.mock.calls.length).toBe(1)
})

test('nothing is saved by keys while it is being saved', async () => {
  const { onSubmit } = show()
  screen.getByRole('button', { name: 'Create schedule' }).setAttribute('disabled', '')

  fireEvent.keyDown(field('Name'), { key: 'Enter', ctrlKey: true })
  await Promise.resolve()

  expect(onSubmit).not.toHaveBeenCalled()
})

test('nothing is called wrong before it was touched', () => {
  show({ preview: () => ({ ...valid, problems: [refusedCron] }) })

  expect(screen.queryByText(/is not between/)).toBeNull()
})

test('what saving was refused for is shown at its field, or above the form', () => {
  show({
    problems: [
      {
        ...refusedCron,
        message: 'There is a schedule of this name.',
        hint: null,
        code: '23505',
        field: 'name',
      },
      { ...refusedCron, message: 'You may not do this.', code: 'AL011', field: null },
    ],
  })

  expect(screen.getByText('There is a schedule of this name.')).toBeTruthy()
  expect(within(screen.getByRole('alert')).getByText('You may not do this.')).toBeTruthy()
})

test('what saving was refused for is gone once its field is changed', () => {
  show({ problems: [{ ...refusedCron, message: 'Too long.', hint: null, field: 'name' }] })

  type('Name', 'other')

  expect(screen.queryByText('Too long.')).toBeNull()
})

test('a field of the expression is changed in its box', () => {
  const { onSubmit } = show({ initial: { cron: '30 2 * * *' } })

  type('Hour', '4')
  fireEvent.click(screen.getByRole('button', { name: 'Create schedule' }))

  expect(onSubmit).toHaveBeenCalledWith(expect.objectContaining({ cron: '30 4 * * *' }))
})

test('another kind asks for what it needs and keeps what was typed for the first', () => {
  show({ initial: { cron: '30 4 * * *' } })

  fireEvent.click(screen.getByRole('radio', { name: 'Interval' }))
  expect(field(/^Every/).value).toBe('15 minutes')
  expect(screen.queryByRole('textbox', { name: 'Cron expression' })).toBeNull()

  fireEvent.click(screen.getByRole('radio', { name: 'Cron' }))
  expect(field('Cron expression').value).toBe('30 4 * * *')
})

test('a payload that is not JSON is not sent', () => {
  const { onSubmit } = show({ initial: { task: 'report' } })

  type(/^Payload/, '{"a": ')
  fireEvent.click(screen.getByRole('button', { name: 'Create schedule' }))

  expect(screen.getByText(/^Not valid JSON/)).toBeTruthy()
  expect(onSubmit).not.toHaveBeenCalled()
})

test('what is wrong with the payload of one task is not said of another', () => {
  const message = 'The payload does not fit the task almanac:sql.'
  show({
    initial: { task: 'almanac:sql' },
    problems: [{ message, code: 'AL013', detail: null, hint: null, field: 'payload' }],
  })
  expect(screen.getByText(message)).toBeTruthy()

  fireEvent.click(screen.getByRole('combobox', { name: 'Task' }))
  fireEvent.click(screen.getByRole('option', { name: /^report/ }))

  expect(field(/^Payload/)).toBeTruthy()
  expect(screen.queryByText(message)).toBeNull()
})

test('a statement that is missing is asked for in the words of its field', () => {
  const message = 'The payload does not fit the task almanac:sql.'
  show({
    initial: { task: 'almanac:sql' },
    problems: [{ message, code: 'AL006', detail: null, hint: null, field: 'payload' }],
  })

  expect(screen.getByText(/^Write a statement, such as/)).toBeTruthy()
  expect(screen.queryByText(message)).toBeNull()
})

test('what is refused first has the focus, wherever one was when it was sent', () => {
  const nameTaken = { ...refusedCron, message: 'There is a schedule of this name.', field: 'name' }
  show({ problems: [refusedCron, nameTaken] })

  expect(document.activeElement).toBe(field('Name'))
})

test('a payload that is not JSON has the focus once it is to be sent', () => {
  show({ initial: { task: 'report', payload: '{' } })
  expect(document.activeElement).toBe(document.body)

  fireEvent.submit(document.getElementById('form')!)

  expect(document.activeElement).toBe(field(/^Payload/))
})

test('typing makes the form dirty, undoing it clean again', () => {
  const { onDraftChange } = show()

  type('Name', 'other')
  expect(onDraftChange).toHaveBeenLastCalledWith(expect.anything(), true)

  type('Name', 'nightly')
  expect(onDraftChange).toHaveBeenLastCalledWith(expect.anything(), false)
})

test('the same schedule is next to it as SQL', () => {
  show({ initial: { cron: '30 2 * * *', statement: 'select 1' } })

  expect(screen.getByRole('region', { name: 'As SQL' }).textContent).toContain("'nightly', '30 2 * * *'")
})

test('what saving would do is said in numbers, and one by one', () => {
  const at = '2027-03-01T02:00:00Z'
  show({
    change: {
      preview: {
        moved: 30,
        removed: 4,
        added: 0,
        isTooMuch: false,
        rows: [{ change: 'moved', was: at, due: '2027-03-01T03:00:00Z' }],
      },
      kept: 2,
      lost: [{ at: Date.parse(at), movedTo: Date.parse('2027-03-01T08:00:00Z') }],
    },
  })
  const panel = within(screen.getByRole('region', { name: 'If you save this' }))

  expect(panel.getByRole('status').textContent).toBe('30 moved, 4 removed')
  expect(panel.getByRole('listitem', { hidden: true }).textContent).toBe(
    'movedMon 1 Mar 03:00 → Mon 1 Mar 04:00',
  )
  expect(panel.getByText(/33 more are not listed/)).toBeTruthy()
  expect(panel.getByText('2 that are moved or skipped stay that way.')).toBeTruthy()
  expect(
    panel.getByText(
      'This is no longer moved or skipped, because nothing takes its place: Mon 1 Mar 03:00 (moved to Mon 1 Mar 09:00).',
    ),
  ).toBeTruthy()
})

test('calendars are chosen from those that there are, and the policy only with one', () => {
  show()
  const policy = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'When excluded' })
  expect(policy().disabled).toBe(true)

  fireEvent.click(screen.getByRole('combobox', { name: /^Excluded by/ }))
  fireEvent.click(screen.getByRole('option', { name: 'Holidays' }))

  expect(policy().disabled).toBe(false)
  expect(screen.getByRole('region', { name: 'As SQL' }).textContent).toContain('"calendars":["Holidays"]')
})

test('a task that one may not use, that is switched off or could not be loaded, says so', () => {
  expect(taskProblem({ ...task('payroll'), mayUse: false, requiredRole: 'clerks' })).toBe(
    'Only for members of the role clerks.',
  )
  expect(
    taskProblem({ ...task('report'), disabledAt: '2027-01-01T00:00Z', disabledReason: 'it sends twice' }),
  ).toBe('Switched off: it sends twice. Its schedules do not run.')
  expect(taskProblem({ ...task('report'), problem: 'Unexpected token' })).toBe(
    'It could not be loaded, so its runs fail: Unexpected token',
  )
  expect(taskProblem({ ...task('report'), available: false })).toMatch(/^No running worker has this task/)
  expect(taskProblem(task('report'))).toBeNull()
})

test('its resource group is chosen from those that there are, and can be left out', () => {
  show()
  const sql = () => screen.getByRole('region', { name: 'As SQL' }).textContent
  expect(sql()).not.toContain('resource_group')

  fireEvent.click(screen.getByRole('combobox', { name: /^Resource group/ }))
  fireEvent.click(screen.getByRole('option', { name: 'gpu' }))

  expect(sql()).toContain('"resource_group":"gpu"')
})

test('how long its runs are kept is as set for all, until it says otherwise', () => {
  show()
  const sql = () => screen.getByRole('region', { name: 'As SQL' }).textContent
  expect(field(/^Runs kept for/).placeholder).toBe('90 days')
  expect(field(/^Failures kept for/).placeholder).toBe('Like other runs')
  expect(field(/^Latest runs kept/).placeholder).toBe('The latest 1,000')
  expect(sql()).not.toContain('keep_')

  type(/^Runs kept for/, '7 days')
  type(/^Latest runs kept/, '50')

  expect(sql()).toContain('"keep_for":"7 days"')
  expect(sql()).toContain('"keep_last":"50"')
})
