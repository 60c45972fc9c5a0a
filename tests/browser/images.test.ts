import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'
import { seed } from './seed.ts'

/** `npm run images` keeps them there; otherwise they are only taken. */
const folder = process.env['ALMANAC_IMAGES']
const MOST_BYTES = 150_000

const setup = useBrowser()
beforeAll(async () => {
  await seed(setup.db.query)
})

/** As WebP, which is a quarter of the PNG's size. */
async function shot(page: Page): Promise<Buffer> {
  const png = (await page.screenshot()).toString('base64')
  const blank = await page.context().newPage()
  const webp = await blank.evaluate(async (text) => {
    const image = new Image()
    image.src = `data:image/png;base64,${text}`
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    return canvas.toDataURL('image/webp', 0.5).split(',')[1]
  }, png)
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

    const image = await shot(page)

    expect(image.length).toBeLessThanOrEqual(MOST_BYTES)
    expect(image.length).toBeGreaterThan(10_000)
    expect(setup.complaints).toEqual([])
    if (folder !== undefined) await writeFile(join(folder, `${name}.webp`), image)
    await page.context().close()
  },
)
