import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
const ids = { schedule: '', run: '' }
beforeAll(async () => {
  const { db } = setup
  const name = `${'a-name-without_any_blank_'.repeat(6)}end`
  const [schedule] = await db.query<{ id: string }>(
    `select id::text from almanac.schedule_cron($1, '10 2 * * 1-5', 'almanac:noop', timezone => 'America/Argentina/Buenos_Aires',
       settings => '{"tags": ["a", "reports", "a-long-tag-of-someone"]}')`,
    [name],
  )
  const [run] = await db.query<{ id: string }>(`select id::text from almanac.trigger_now($1)`, [name])
  ids.schedule = schedule!.id
  ids.run = run!.id
  await db.query(`select almanac.create_business_days('weekdays', 'America/Argentina/Buenos_Aires')`)
  await db.query(`select almanac.check_ledger()`)
  page = await setup.signIn('admin')
})

/** What reaches out of the window, is cut without a sign of it, or is to be scrolled sideways. */
function faults(): string[] {
  const found: string[] = []
  const overflow = (element: Element) => getComputedStyle(element).overflowX
  const scrolls = (element: Element) => ['auto', 'scroll'].includes(overflow(element))
  const told = (what: string, element: Element) =>
    found.push(`${what}: <${element.tagName.toLowerCase()} class="${element.getAttribute('class')}">`)
  if (document.documentElement.scrollWidth > innerWidth) told('page is too wide', document.documentElement)
  for (const element of document.querySelectorAll('main, main *')) {
    const { left, right, width, height } = element.getBoundingClientRect()
    if (width < 2 || height < 2 || element.closest('.visually-hidden, svg, col, colgroup') !== null) continue
    const isWider = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
    if (scrolls(element) && isWider) told('scrolls sideways', element)
    if (element.matches('input[type=text], input[type=search]') && width < 56) told('is too narrow', element)
    // A cut text ends in an ellipsis; what it has is then told in a title.
    let parent: Element | null = element
    while (parent !== null && !scrolls(parent) && getComputedStyle(parent).textOverflow !== 'ellipsis')
      parent = parent.parentElement
    if (parent?.tagName === 'MAIN' && (right > innerWidth + 1 || left < -1))
      told('out of the window', element)
    // Switches draw their thumb a little over their edge.
    if (['hidden', 'clip'].includes(overflow(element)) && isWider && parent !== element)
      if (!element.matches('.mantine-Switch-track, input')) told('is cut', element)
  }
  return found
}

const pages: readonly (readonly [name: string, path: () => string, ready: RegExp])[] = [
  ['the page of a run', () => `/runs/${ids.run}`, /Timeline/],
  ['the list of runs with one of them open', () => `/runs?run=${ids.run}`, /Timeline/],
  ['the page of a schedule', () => `/schedules/${ids.schedule}`, /Next ten/],
  ['the list of schedules', () => '/schedules', /a-name/],
  ['the form of a new schedule', () => '/schedules/new', /As SQL/],
  ['the form of a schedule', () => `/schedules/${ids.schedule}/edit`, /As SQL/],
  ['the ledger', () => '/ledger', /Checked|checked/],
  ['the exclusion calendars', () => '/exclusions', /weekdays/],
  ['an exclusion calendar', () => '/exclusions/1', /Excluded next/],
  ['the workers', () => '/workers', /worker/],
  ["the application's jobs", () => '/workers/jobs', /Application jobs/],
  ['the settings', () => '/settings', /Sign out/],
]

it.each(pages)('%s has all it shows in the window, from 320 to 2,560 pixels', async (_, path, ready) => {
  await page.goto(setup.server.url + path())
  await page.locator('main').getByText(ready).filter({ visible: true }).first().waitFor()

  for (const width of [320, 390, 900, 1400, 2560]) {
    await page.setViewportSize({ width, height: 900 })
    await expect.poll(async () => [width, await page.evaluate(faults)]).toEqual([width, []])
  }
})

it('on a phone the parts of the client have names apart from each other, and rules to start from are easy to hit', async () => {
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(`${setup.server.url}/schedules/new`)
    const templates = page.getByRole('group', { name: 'Start from' }).getByRole('button')
    await templates.first().waitFor()

    const gaps = await page.locator('nav[aria-label=Main] a:visible').evaluateAll((links) => {
      const places = links.map((link) => {
        const text = document.createRange()
        text.selectNode([...link.childNodes].find(({ nodeType }) => nodeType === Node.TEXT_NODE)!)
        return text.getBoundingClientRect()
      })
      return places.slice(1).map(({ left }, index) => left - places[index]!.right)
    })
    expect(gaps.length, `${width}`).toBeGreaterThan(3)
    expect(Math.min(...gaps), `${width}`).toBeGreaterThanOrEqual(2)
    const heights = await templates.evaluateAll((all) =>
      all.map((each) => each.getBoundingClientRect().height),
    )
    expect(Math.min(...heights), `${width}`).toBeGreaterThanOrEqual(24)
  }
})

it('names in the list of schedules have room at every width, and rows do not grow high', async () => {
  await page.goto(`${setup.server.url}/schedules?q=almanac`)
  const names = page.locator('main tbody td:nth-child(2)')
  await names.first().waitFor()

  for (const width of [320, 390, 480, 768, 900, 1400]) {
    await page.setViewportSize({ width, height: 900 })
    const sizes = () =>
      names.evaluateAll((cells) => ({
        narrow: cells.filter((cell) => cell.getBoundingClientRect().width < 60).length,
        high: cells.filter((cell) => cell.getBoundingClientRect().height > 240).length,
      }))
    await expect.poll(async () => [width, await sizes()]).toEqual([width, { narrow: 0, high: 0 }])
  }
})
