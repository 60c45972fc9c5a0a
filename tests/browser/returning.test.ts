import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'
import { seed } from './seed.ts'

// Who keeps the client open all day goes from page to page, and finds each as it was left.

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await seed(setup.db.query, { runs: 3_000 })
  page = await setup.signIn('admin')
})

const open = (path: string) => page.goto(setup.server.url + path)
const rail = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name })
const path = () => page.url().slice(setup.server.url.length)

describe('the calendar', () => {
  it('is shown as it was left, from another part of the client; pressed again, its link leads to today', async () => {
    await open('/calendar/lanes/2027-02-10?tag=billing')
    await page.getByRole('grid', { name: 'Lanes' }).waitFor()
    await rail('Schedules').click()
    await page.getByRole('table', { name: 'Schedules' }).waitFor()
    await rail('Calendar').click()

    await expect.poll(path).toBe('/calendar/lanes/2027-02-10?tag=billing')
    await rail('Calendar').click()
    await expect.poll(path).toBe('/calendar/lanes')
    await expect.poll(() => rail('Calendar').getAttribute('aria-current')).toBe('page')
  })

  it('opens in the view that was used last, unless its address says what of it', async () => {
    await open('/calendar/month')
    await page.getByRole('grid', { name: 'Month' }).waitFor()
    await open('/')
    await expect.poll(path).toBe('/calendar/month')

    await open('/calendar/lanes/2027-02-10?tag=billing')
    await page.getByRole('grid', { name: 'Lanes' }).waitFor()
    await open('/calendar?tag=data')
    await expect.poll(path).toBe('/calendar/lanes?tag=data')
  })
})

it.each(['day', 'week'])('a %s is scrolled and zoomed as it was when one comes back to it', async (view) => {
  await page.setViewportSize({ width: 1440, height: 600 })
  await open(`/calendar/${view}?zone=UTC`)
  const body = page.locator('.week-body')
  await page.locator('.day > .chip').first().waitFor()
  const scrolled = () => body.evaluate((element) => Math.round(element.scrollTop))
  const height = () => body.evaluate((element) => element.scrollHeight)
  const before = await height()
  await page.keyboard.press('=')
  await expect.poll(height).toBeGreaterThan(before)
  const zoomed = await height()
  await body.evaluate((element) => element.scrollTo({ top: 123 }))
  await expect.poll(scrolled).toBe(123)

  await rail('Workers').click()
  await page.waitForURL(/workers/)
  await page.goBack()

  await page.locator('.day > .chip').first().waitFor()
  await expect.poll(height).toBe(zoomed)
  await expect.poll(scrolled).toBe(123)
  await page.keyboard.press('t')
  await expect.poll(() => page.locator('.now-line').evaluate(isInView)).toBe(true)
  await page.keyboard.press('0')
  await expect.poll(height).toBe(before)
  await page.setViewportSize({ width: 1440, height: 900 })
})

function isInView(element: Element): boolean {
  const { top } = element.getBoundingClientRect()
  const body = element.closest('.week-body, .agenda-scroll')!.getBoundingClientRect()
  return top >= body.top && top <= body.bottom
}

it('the list of a phone opens at now', async () => {
  await page.setViewportSize({ width: 390, height: 500 })
  await open('/calendar/week?zone=UTC')
  await page.locator('.agenda-now').waitFor()

  await expect.poll(() => page.locator('.agenda-now').evaluate(isInView)).toBe(true)
  await page.setViewportSize({ width: 1440, height: 900 })
})

describe('a list', () => {
  const isFocused = (place: Locator) => place.evaluate((element) => element === document.activeElement)
  const row = (name: string, index: number) =>
    page.getByRole('table', { name }).locator('tbody tr:has(a)').nth(index).getByRole('link').first()
  const scrolled = (selector: string) =>
    page.locator(selector).evaluate((element) => Math.round(element.scrollTop))

  it('of runs stays where it is while one of them is opened, which takes the focus, and closed, which gives it back', async () => {
    const scroller = 'main [class*=scroll]:has(> table)'
    await open('/runs?zone=UTC')
    const link = row('Runs', 60)
    await link.scrollIntoViewIfNeeded()
    await expect.poll(() => scrolled(scroller)).toBeGreaterThan(500)
    const before = await scrolled(scroller)
    await link.focus()
    await page.keyboard.press('Enter')

    const run = page.getByRole('complementary', { name: /^Run / })
    await run.getByRole('heading', { name: 'Timeline' }).waitFor()
    await expect.poll(() => scrolled(scroller)).toBe(before)
    await expect.poll(() => isFocused(run.getByRole('heading', { level: 2 }))).toBe(true)

    await run.getByRole('button', { name: 'Close' }).click()
    await run.waitFor({ state: 'detached' })
    await expect.poll(() => isFocused(link)).toBe(true)
    await expect.poll(() => scrolled(scroller)).toBe(before)
  })

  it('of schedules is where it was when one goes back to it from one of them, which opens at its top', async () => {
    const scroller = 'main .page'
    await open('/schedules?zone=UTC')
    const link = row('Schedules', 50)
    await link.scrollIntoViewIfNeeded()
    await expect.poll(() => scrolled(scroller)).toBeGreaterThan(500)
    const before = await scrolled(scroller)
    await link.click()

    await page.getByRole('region', { name: 'Why' }).waitFor()
    await expect.poll(() => scrolled(scroller)).toBe(0)
    await page.goBack()
    await link.waitFor()
    await expect.poll(() => scrolled(scroller)).toBe(before)
  })
})

it('no page complained', () => {
  expect(setup.complaints).toEqual([])
})
