import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Next24Bars } from './Next24Bars.tsx'
import { next24Of } from './useNext24.ts'

const start = Date.parse('2026-11-25T14:00+01:00')
const row = (clock: string, upcoming: string) => ({ startsAt: `2026-11-${clock}+01:00`, upcoming })

afterEach(cleanup)

function show(rows: readonly ReturnType<typeof row>[]) {
  const { container } = render(<Next24Bars next={next24Of(rows, start)} timeZone="Europe/Paris" />)
  const bars = [...container.querySelectorAll<HTMLElement>('.next-hours i')]
  return { bars, axis: [...container.querySelectorAll('small span')].map(({ textContent }) => textContent) }
}

test('the bars are said as how many are due, and when most are', () => {
  show([row('25T16:00', '30'), row('26T03:00', '1204')])

  expect(
    screen.getByRole('img', { name: '1,234 due in the next 24 hours · most at 03:00, 1,204' }),
  ).toBeDefined()
  expect(screen.getByText(/due in 24 h/).textContent).toBe('1,234 due in 24 h · most at 03:00, 1,204')
})

test('a bar is as high as its share of the highest, and says its hour and count', () => {
  const { bars } = show([row('25T16:00', '30'), row('26T03:00', '120')])

  expect([bars[2]?.style.height, bars[13]?.style.height, bars[3]?.style.height]).toEqual([
    '25%',
    '100%',
    '0%',
  ])
  expect(bars[2]?.title).toMatch(/16:00.*: 30 due$/)
  expect(bars.filter((bar) => bar.hasAttribute('data-peak'))).toEqual([bars[13]])
})

test('where nothing is due there is no highest hour', () => {
  const { bars } = show([])

  expect(screen.getByRole('img', { name: '0 due in the next 24 hours' })).toBeDefined()
  expect(bars.filter((bar) => bar.hasAttribute('data-peak'))).toEqual([])
})

test('the axis goes from now in steps of eight hours', () => {
  expect(show([]).axis).toEqual(['Now', '22:00', '06:00', '14:00'])
})
