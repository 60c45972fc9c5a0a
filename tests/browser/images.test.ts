import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestWorker, type TestWorker } from '../../worker/testing/startTestWorker.ts'
import type { BrowserSetup } from './openBrowser.ts'
import { useBrowser } from './useBrowser.ts'
import { seed } from './seed.ts'
import { SCHEDULES } from './seedSchedules.ts'

/** `npm run images` keeps them there; otherwise they are only taken. */
const folder = process.env['ALMANAC_IMAGES']
const MOST_BYTES = 150_000

const setup = useBrowser()
beforeAll(async () => {
  await seed(setup.db.query)
})

/** Pictures next to and below each other as one WebP, which is a quarter of the PNG's size. */
async function webpOf(page: Page, rows: readonly (readonly Buffer[])[], quality: number): Promise<Buffer> {
  const blank = await page.context().newPage()
  const webp = await blank.evaluate(
    async ({ rows, quality }) => {
      const images = await Promise.all(
        rows.map((row) =>
          Promise.all(
            row.map(async (text) => {
              const image = new Image()
              image.src = `data:image/png;base64,${text}`
              await image.decode()
              return image
            }),
          ),
        ),
      )
      const heights = images.map((row) => Math.max(...row.map(({ height }) => height)))
      const canvas = document.createElement('canvas')
      canvas.width = Math.max(...images.map((row) => row.reduce((sum, { width }) => sum + width, 0)))
      canvas.height = heights.reduce((sum, height) => sum + height, 0)
      const context = canvas.getContext('2d')
      let y = 0
      for (const [index, row] of images.entries()) {
        let x = 0
        for (const image of row) {
          context?.drawImage(image, x, y)
          x += image.width
        }
        y += heights[index] ?? 0
      }
      return canvas.toDataURL('image/webp', quality).split(',')[1]
    },
    { rows: rows.map((row) => row.map((png) => png.toString('base64'))), quality },
  )
  await blank.close()
  return Buffer.from(webp ?? '', 'base64')
}

it.each([
  ['week-light', '/calendar/week', 1400, 'light'],
  ['lanes-dark', '/calendar/lanes', 1400, 'dark'],
  ['day-phone-dark', '/calendar/week', 390, 'dark'],
] as const)(
  'the image %s of a busy installation is whole and small',
  async (name, path, width, colorScheme) => {
    // The worker of the seed has no process that would beat for it.
    await setup.db.query(`update almanac.workers set last_heartbeat_at = now() + interval '1 minute'`)
    const page = await setup.signIn('admin', 'Europe/Paris')
    await page.setViewportSize({ width, height: width < 500 ? 844 : 900 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.goto(setup.server.url + path)
    await page
      .locator('main')
      .getByRole('button', { name: /crm-sync|failed/ })
      .first()
      .waitFor()
    await page.waitForLoadState('networkidle')

    const image = await webpOf(page, [[await page.screenshot()]], 0.5)

    expect(image.length).toBeLessThanOrEqual(MOST_BYTES)
    expect(image.length).toBeGreaterThan(10_000)
    expect(setup.complaints).toEqual([])
    if (folder !== undefined) await writeFile(join(folder, `${name}.webp`), image)
    await page.context().close()
  },
)

const pages = {
  day: '/calendar/day',
  week: '/calendar/week',
  month: '/calendar/month',
  agenda: '/calendar/agenda',
  year: '/calendar/year',
  lanes: '/calendar/lanes',
  schedules: '/schedules',
  schedule: '/schedules/1',
  'new-schedule': '/schedules/new',
  runs: '/runs',
  run: '/runs/:id',
  workers: '/workers',
  exclusions: '/exclusions',
  'exclusion-calendar': '/exclusions/1',
  ledger: '/ledger',
  settings: '/settings',
}

/** The run whose page is shown: one with an attempt, which the seed's own do not have, failed if there is one. */
const SHOWN_RUN = `
  select r.id::text from almanac.runs r where exists (select from almanac.run_attempts a where a.run_id = r.id)
  order by r.status = 'failed' desc, r.id desc limit 1`

/** A page at 1,400 and 390 pixels, light above dark: opened once for each width. */
async function picturesOf(own: Pick<BrowserSetup, 'server'>, page: Page, path: string): Promise<Buffer> {
  const light: Buffer[] = []
  const dark: Buffer[] = []
  for (const width of [1400, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(own.server.url + path)
    await page.locator('main').waitFor()
    await page.waitForLoadState('networkidle')
    await expect.poll(() => page.getByRole('status', { name: /^Loading/ }).count()).toBe(0)
    for (const [colorScheme, row] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      row.push(await page.screenshot())
    }
  }
  return webpOf(page, [light, dark], 0.4)
}

// They show nothing that other tests do not check, and take minutes: only for those who look at them.
if (folder !== undefined)
  describe('each page', () => {
    const quiet = useBrowser()
    const workers: TestWorker[] = []
    // What becomes due while pictures are taken runs: nothing is overdue.
    const tasks = Object.fromEntries(
      SCHEDULES.filter(({ task }) => !task.startsWith('almanac:')).map(({ task }) => [task, () => undefined]),
    )
    beforeAll(async () => {
      for (const { db } of [quiet, setup])
        workers.push(await startTestWorker(db.connectionStringFor('worker'), { concurrency: 10, tasks }))
      await quiet.db.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
      await quiet.db.query(`select almanac.trigger_now('nightly')`)
      await quiet.db.query(`select almanac.create_business_days('business days', 'Europe/Paris')`)
      await mkdir(join(folder, 'pages'), { recursive: true })
    })

    afterAll(async () => {
      for (const worker of workers) await worker.close()
    })

    it.each(Object.entries(pages))('%s, quiet and busy', { timeout: 600_000 }, async (name, path) => {
      for (const [how, own] of [
        ['quiet', quiet],
        ['busy', setup],
      ] as const) {
        await own.db.query(`update almanac.workers set last_heartbeat_at = now() + interval '1 minute'`)
        const page = await own.signIn('admin', 'Europe/Paris')
        const [run] = await own.db.query<{ id: string }>(SHOWN_RUN)
        const image = await picturesOf(own, page, path.replace(':id', run?.id ?? ''))
        await writeFile(join(folder, 'pages', `${name}-${how}.webp`), image)
        await page.context().close()
      }
    })
  })
