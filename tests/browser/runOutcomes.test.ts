import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { seed } from './seed.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
const runs = new Map<string, string>()
beforeAll(async () => {
  await seed(setup.db.query)
  const rows = await setup.db.query<{ status: string; id: string }>(
    `select distinct on (status) status::text, id::text from almanac.runs order by status, id desc`,
  )
  for (const { status, id } of rows) runs.set(status, id)
  page = await setup.signIn('admin', 'Europe/Paris')
})

/** What scrolls sideways, but for what is meant to. */
function wide(): string[] {
  return [...document.querySelectorAll('html, main, main article, main article section, main aside')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map((element) => `${element.tagName} ${element.getAttribute('aria-label')}`)
}

it.each([
  ['succeeded', 'Succeeded'],
  ['failed', 'Failed'],
  ['timed_out', 'Timed out'],
  ['cancelled', 'Cancelled'],
  ['skipped', 'Skipped'],
  ['running', 'Running'],
  ['retrying', 'Retrying'],
])(
  'the page of a run that is %s fits a desk, a tablet and a phone, light and dark, without a complaint of axe',
  async (status, label) => {
    const id = runs.get(status)!
    await page.setViewportSize({ width: 1400, height: 900 })
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(`${setup.server.url}/runs/${id}`)
    const shown = page.getByRole('article', { name: `Run ${id}` })
    await shown.getByText(label).first().waitFor()
    await shown.getByRole('region', { name: 'Log' }).waitFor()
    await shown.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' })

    for (const [width, colorScheme] of [
      [1400, 'light'],
      [1024, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
      await expect.poll(() => page.evaluate(wide)).toEqual([])
      if (width === 1024) continue
      const { violations } = await new AxeBuilder({ page })
        .include('main')
        .options({ rules: { 'target-size': { enabled: true } } })
        .analyze()
      expect(
        violations.map(({ id: rule, nodes }) => `${rule} at ${width}: ${nodes[0]?.html.slice(0, 160)}`),
      ).toEqual([])
    }
    expect(setup.complaints).toEqual([])
  },
)
