import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'
import { seed } from './seed.ts'

const longName = `report ${'of everything that was shipped '.repeat(5)}`.slice(0, 149) + 'x'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await seed(setup.db.query, { runs: 3_000 })
  await setup.db.query(
    `select almanac.schedule_cron($1, '*/7 9-10 * * *', 'almanac:noop', settings => '{"tags": ["shipping"]}')`,
    [longName],
  )
  page = await setup.signIn('admin')
})

const patient = { timeout: 20_000 }
const open = async (path: string, on = page) => {
  await on.goto(setup.server.url + path)
  await on.locator('main').waitFor()
  await expect.poll(() => on.getByRole('status', { name: /^Loading/ }).count(), patient).toBe(0)
}
const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

it.each([
  ['/calendar/week/2027-02-10?zone=UTC', '8–14 February 2027 · Almanac'],
  ['/calendar/lanes/2027-02-10?zone=UTC', 'Wed 10 Feb, lanes · Almanac'],
  ['/calendar/year/2027-02-10?zone=UTC', '2027 · Almanac'],
  ['/schedules', 'Schedules · Almanac'],
  ['/schedules/1', /^[\w-]+ · Almanac$/],
  ['/schedules/1/edit', /^Edit [\w-]+ · Almanac$/],
  ['/runs/1', /^.+ #1 · Almanac$/],
  ['/exclusions/1', 'business days · Almanac'],
  ['/nowhere', 'Page not found · Almanac'],
])('the window of %s is named for what it shows', async (path, title) => {
  await page.goto(setup.server.url + path)

  await expect.poll(() => page.title(), patient).toMatch(title)
})

it.each([
  ['/nowhere/at/all', 'Page not found'],
  ['/schedules/abc', 'There is no schedule abc'],
  ['/schedules/99999999', 'There is no schedule 99999999'],
  ['/schedules/abc/edit', 'There is no schedule abc'],
  ['/exclusions/abc', 'There is no calendar abc'],
  ['/runs/abc', 'There is no run abc'],
])('%s says what is wrong, within the frame', async (path, text) => {
  await page.goto(setup.server.url + path)

  await page.locator('main').getByText(text).waitFor()
  await expect.poll(() => page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(true)
  await expect.poll(() => page.getByRole('banner').isVisible()).toBe(true)
})

it('the first tab stop leads past the rail to the content', async () => {
  await open('/schedules')
  await page.keyboard.press('Tab')
  const link = page.getByRole('button', { name: 'Skip to content' })
  await link.and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')

  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
  await page.keyboard.press('Tab')
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
})

describe('on every width', () => {
  const paths = [
    '/calendar/day',
    '/calendar/week',
    '/calendar/month',
    '/calendar/agenda',
    '/calendar/year',
    '/calendar/lanes',
    '/schedules',
    '/schedules/1',
    '/runs',
    '/workers',
    '/exclusions',
    '/settings',
  ]

  it.each([320, 390, 900, 1024, 1400, 2560])(
    'at %i px no page scrolls sideways, nothing of the bar is cut',
    async (width) => {
      await page.setViewportSize({ width, height: 900 })
      for (const path of paths) {
        await open(`${path}?zone=UTC`)
        await expect.poll(() => sideways(), { message: path }).toBe(0)
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll('header.bar > *')]
            .map((element) => ({ element, box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width > 0 && (box.left < 0 || box.right > window.innerWidth + 0.5))
            .map(({ element }) => element.className),
        )
        expect(cut, path).toEqual([])
      }
      await page.setViewportSize({ width: 1440, height: 900 })
    },
  )

  it.each([1024, 1400])('at %i px the title of each view is whole', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    for (const view of ['day', 'week', 'month', 'year', 'lanes']) {
      await open(`/calendar/${view}/2026-09-30?zone=America/Argentina/Buenos_Aires`)
      const title = page.getByRole('banner').getByRole('heading')
      await expect
        .poll(() => title.evaluate((element) => element.scrollWidth - element.clientWidth), { message: view })
        .toBeLessThanOrEqual(0)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  it('on a phone filter, zone, theme and today are reached', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/calendar/week/2031-02-10')
    await page.getByRole('button', { name: 'Today' }).click()
    await expect.poll(() => page.url(), patient).toMatch(/\/calendar\/week\/?$/)

    await page.getByRole('button', { name: 'Filter' }).click()
    const panel = page.getByRole('dialog', { name: 'Filter and saved views' })
    await panel
      .getByRole('combobox', { name: 'Time zone' })
      .or(panel.getByRole('textbox', { name: 'Time zone' }))
      .click()
    await page.keyboard.type('Kathmandu')
    await page.getByRole('option', { name: /Asia\/Kathmandu/ }).click()
    await panel.getByRole('button', { name: 'Dark theme' }).click()
    await panel.getByRole('button', { name: 'Light theme' }).click()
    await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBeGreaterThan(0)
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  it('the month of a phone counts each day, failures apart, and leads to its list', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/calendar/month?zone=UTC')
    const day = page
      .locator('main')
      .getByRole('button', { name: /failed/ })
      .first()
    await day.click()

    await expect.poll(() => page.url(), patient).toContain('/calendar/agenda/')
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})

describe('what is next', () => {
  const strip = () => page.getByRole('complementary', { name: 'Next up' })
  const fold = (name: string) => strip().getByRole('button', { name })

  it('leaves the week its room at 1400 px, until it is unfolded, which is kept', async () => {
    await page.setViewportSize({ width: 1400, height: 900 })
    await open('/calendar/week?zone=UTC')
    await strip().getByText('failed in 24 h').waitFor()
    const { width } = (await page.getByRole('grid', { name: 'Week' }).boundingBox())!
    await fold('Show what is next').click()
    await strip().getByText('Running now').waitFor()
    await expect
      .poll(async () => (await page.getByRole('grid', { name: 'Week' }).boundingBox())!.width)
      .toBeLessThan(width - 150)

    await open('/calendar/week?zone=UTC')
    await strip().getByText('Running now').waitFor()
    await fold('Show only counts').click()
    await strip().getByText('failed in 24 h').waitFor()
    await page.keyboard.press('d')
    await page.waitForURL(/calendar\/day/)
    await strip().getByText('failed in 24 h').waitFor()
    await page.evaluate(() => localStorage.removeItem('almanac.strip'))
  })

  it('is over the calendar at 1024 px, for as long as it is unfolded', async () => {
    await page.setViewportSize({ width: 1024, height: 900 })
    await open('/calendar/week?zone=UTC')
    await fold('Show what is next').click()
    await strip().getByText('Running now').waitFor()
    await expect.poll(() => sideways()).toBe(0)
    await fold('Show only counts').click()
    await strip().getByText('failed in 24 h').waitFor()
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})

it('a browser whose clock is minutes wrong shows the time of the server', async () => {
  const own = await setup.newPage()
  await own.addInitScript(() => {
    const read = Date.now.bind(Date)
    Date.now = () => read() + 600_000
  })
  await own.goto(await setup.link('admin'))
  await own.waitForURL(/calendar/)
  const secondsOff = async () => {
    const shown = Date.parse(`1970-01-01T${await own.locator('.clock').textContent()}Z`) / 1000
    const off = Math.abs(shown - ((Date.now() / 1000) % 86_400))
    return Math.min(off, 86_400 - off)
  }

  await expect.poll(secondsOff, patient).toBeLessThan(60)
  await own.context().close()
})

it('in forced colours ribbons, bars and chips remain to be seen', async () => {
  await page.emulateMedia({ forcedColors: 'active' })
  await open('/calendar/week?zone=UTC')
  await page.locator('.ribbon i, .ribbon').first().waitFor()

  const kept = await page.evaluate(() =>
    ['.ribbon', '.next-hours', '.run-glyph'].map((selector) => {
      const element = document.querySelector(selector)
      return element && getComputedStyle(element).forcedColorAdjust
    }),
  )
  expect(kept).toEqual(['none', 'none', 'none'])
  await expect
    .poll(() =>
      page
        .locator('.chip')
        .first()
        .evaluate((chip) => getComputedStyle(chip).borderTopWidth),
    )
    .toBe('1px')
  // Which of several is chosen is seen by its outline.
  const chosen = page.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'Week' })
  await expect.poll(() => chosen.evaluate((link) => getComputedStyle(link).outlineStyle)).toBe('solid')
  await page.emulateMedia({ forcedColors: 'none' })
})

it('in forced colours the sign of a failure stands out from its ground', async () => {
  await page.emulateMedia({ forcedColors: 'active' })
  await open('/calendar/month?zone=UTC')

  const [ground, line] = await page
    .locator('.chip .run-glyph:is([data-run-state="failed"], [data-run-state="timed_out"])')
    .first()
    .evaluate((glyph) => [getComputedStyle(glyph).backgroundColor, getComputedStyle(glyph).color])
  expect(ground).not.toBe('rgba(0, 0, 0, 0)')
  expect(ground).not.toBe(line)
  await page.emulateMedia({ forcedColors: 'none' })
})

it('where motion is reduced nothing moves by itself', async () => {
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length)
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await open('/calendar/day?zone=UTC')
  await page.addStyleTag({
    content: '@keyframes shake { to { opacity: 0 } } main { animation: shake 9s infinite }',
  })
  await expect.poll(() => moving()).toBeGreaterThan(0)

  await page.emulateMedia({ reducedMotion: 'reduce' })

  await expect.poll(() => moving()).toBe(0)
  await page.emulateMedia({ reducedMotion: 'no-preference' })
})

it('on paper there is the content, all of it, without the controls', async () => {
  await open('/schedules?zone=UTC')
  await page.getByRole('table', { name: 'Schedules' }).getByRole('row').nth(40).waitFor()
  await page.emulateMedia({ media: 'print' })

  await expect.poll(() => page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(false)
  const hidden = await page.evaluate(() => {
    const main = document.querySelector('main')
    return main === null ? null : main.scrollHeight - main.clientHeight
  })
  expect(hidden).toBe(0)
  await expect.poll(() => page.getByRole('banner').getByText('UTC', { exact: true }).isVisible()).toBe(true)
  await page.emulateMedia({ media: 'screen' })
  // An address that leads nowhere is answered with 404.
  expect(setup.complaints.filter((text) => !text.includes('404'))).toEqual([])
})
