import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  page = await setup.signIn('admin')
  await setup.db.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
  await setup.db.query(
    `select almanac.schedule_cron('often', '*/5 * * * *', 'almanac:noop', settings => '{"tags": ["a", "reports"]}')`,
  )
  await setup.db.query(`select almanac.create_business_days('weekdays', 'UTC')`)
  await setup.db.query(
    `select almanac.exclude_range('weekdays', now() + interval '1 day', now() + interval '30 hours', 'freeze')`,
  )
  await setup.db.query(
    `select almanac.schedule_cron('heeding', '30 4 * * *', 'almanac:noop', settings => '{"calendars": ["weekdays"], "exclusion_policy": "move", "jitter": "5 minutes"}')`,
  )
  await setup.db.query(
    `select almanac.skip_occurrence('nightly', scheduled_for) from almanac.upcoming('nightly', max_count => 1)`,
  )
  await setup.db.query(
    `select almanac.pause(name) from almanac.schedule_cron('held', '0 4 * * *', 'almanac:noop')`,
  )
})

describe.each(['light', 'dark'] as const)(
  'axe finds nothing, and no target that is too small, in the %s theme',
  (scheme) => {
    it.each([
      ['/calendar/day', /often/],
      ['/calendar/week', /nightly/],
      ['/calendar/month', /nightly/],
      ['/calendar/agenda', /nightly/],
      ['/calendar/year', /upcoming/],
      ['/calendar/lanes', /nightly/],
      ['/workers', /Workers/],
      ['/workers/jobs', /No jobs of an application/],
      ['/schedules', /nightly/],
      ['/schedules/1', /Next ten/],
      ['/schedules/new', /As SQL/],
      ['/runs', /Runs/],
      ['/exclusions', /heeding/],
      ['/exclusions/1', /Excluded next/],
      ['/ledger', /Not checked yet/],
      ['/settings', /Sign out/],
    ])('%s', async (path, ready) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.goto(setup.server.url + path)
      await page.getByText(ready).first().waitFor()

      const { violations } = await new AxeBuilder({ page })
        .options({ rules: { 'target-size': { enabled: true } } })
        .analyze()

      expect(
        violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
        ),
      ).toEqual([])
    })
  },
)

it.each([
  '/calendar/day',
  '/calendar/week',
  '/calendar/month',
  '/schedules',
  '/schedules/1',
  '/schedules/new',
  '/exclusions/1',
  '/settings',
])('%s is no wider than a narrow phone', async (path) => {
  await page.setViewportSize({ width: 360, height: 800 })
  await page.goto(setup.server.url + path)
  await page
    .getByText(/often|upcoming|Next ten|As SQL|Excluded next|Sign out/)
    .filter({ visible: true })
    .first()
    .waitFor()

  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
    .toBe(0)
  await page.setViewportSize({ width: 1440, height: 900 })
})

it.each([
  ['d', /\/calendar\/day/],
  ['m', /\/calendar\/month/],
  ['w', /\/calendar\/week/],
  ['c', /\/schedules\/new/],
])('the key %s goes where it says', async (key, url) => {
  await page.goto(`${setup.server.url}/calendar/${key === 'w' ? 'month' : 'week'}`)
  await page
    .getByText(/nightly/)
    .first()
    .waitFor()

  await page.keyboard.press(key)

  await page.waitForURL(url)
})
