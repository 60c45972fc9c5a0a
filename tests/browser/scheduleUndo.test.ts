import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let id: string
beforeAll(async () => {
  const [row] = await setup.db.query<{ id: string }>(
    `select id::text from almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`,
  )
  id = row!.id
  page = await setup.signIn('admin')
})
beforeEach(async () => {
  await page.goto(`${setup.server.url}/schedules/${id}`)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
})
const state = async () =>
  (
    await setup.db.query<{ state: string }>(
      `select case when deleted_at is null then status::text else 'deleted' end as state from almanac.schedules where id = $1`,
      [id],
    )
  )[0]?.state

/** Keys are the page's again once the dialog has gone. */
async function deleteIt() {
  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete nightly?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await dialog.waitFor({ state: 'detached' })
}

it('a schedule that was paused on its page is resumed by Z', async () => {
  await page.getByRole('button', { name: 'Pause' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pause nightly' })
  await dialog.getByRole('button', { name: 'Pause' }).click()
  await expect.poll(state).toBe('paused')
  await page.getByText('Schedule nightly paused').waitFor()
  await dialog.waitFor({ state: 'detached' })

  await page.keyboard.press('z')
  await page.getByText('Undone: Schedule nightly paused').waitFor()
  await expect.poll(() => state()).toBe('active')
})

it('a pause shows at once, and is taken back with the reason where it is refused', async () => {
  let answer = () => {}
  await page.route('**/graphql', async (route) => {
    if (!(route.request().postData() ?? '').includes('mutation Pause')) return route.continue()
    await new Promise<void>((resolve) => (answer = resolve))
    await route.fulfill({ json: { errors: [{ message: 'You may not pause nightly.' }] } })
  })
  await page.getByRole('button', { name: 'Pause' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pause nightly' })
  await dialog.getByRole('textbox').fill('The supplier is down')
  await dialog.getByRole('button', { name: 'Pause' }).click()

  await page.getByText('Paused: The supplier is down').waitFor()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(await state()).toBe('active')

  answer()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await expect.poll(() => page.getByText('Paused: The supplier is down').count()).toBe(0)
  await page.getByText('You may not pause nightly.').waitFor()
  await page.unroute('**/graphql')
})

it('one that was resumed is paused again by Z, for the same reason; whether to catch up is asked', async () => {
  await setup.db.query(`select almanac.pause('nightly', 'The supplier is down')`)
  await page.getByRole('button', { name: 'Resume' }).click()
  const dialog = page.getByRole('dialog', { name: 'Resume nightly' })
  await dialog.getByRole('checkbox', { name: 'Catch up what the pause skipped' }).check()
  await dialog.getByRole('button', { name: 'Resume' }).click()
  await page.getByText('Schedule nightly resumed').waitFor()
  await expect.poll(() => state()).toBe('active')
  await dialog.waitFor({ state: 'detached' })

  await page.keyboard.press('z')
  await page.getByText('Undone: Schedule nightly resumed').waitFor()
  await page.getByText('Paused: The supplier is down').waitFor()
  await expect.poll(() => state()).toBe('paused')
  await setup.db.query(`select almanac.resume('nightly')`)
})

it('where a deletion cannot be undone, it says so and why, and it can be tried again', async () => {
  await deleteIt()
  await page.waitForURL(/\/schedules$/)
  await setup.db.query(`select almanac.schedule_cron('nightly', '0 4 * * *', 'almanac:noop')`)

  await page.keyboard.press('z')
  const dialog = page.getByRole('dialog', { name: 'Restore nightly' })
  await dialog.waitFor()
  await expect.poll(() => page.getByText('Undone:').count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByText('Could not undo: Schedule nightly deleted.').waitFor()
  await expect.poll(() => state()).toBe('deleted')

  await setup.db.query(`select almanac.unschedule('nightly')`)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Undone: Schedule nightly deleted').waitFor()
  await expect.poll(() => state()).toBe('active')
})

it('one that was deleted is in the list of what can be undone, on the page that comes then', async () => {
  await deleteIt()
  await expect.poll(state).toBe('deleted')
  await page.waitForURL(/\/schedules$/)

  await page.keyboard.press('Shift+Z')
  const list = page.getByRole('dialog', { name: 'Undo' })
  await list.getByRole('listitem').filter({ hasText: 'Schedule nightly deleted' }).getByRole('button').click()
  await page.waitForURL(new RegExp(`/schedules/${id}$`))
  await expect.poll(() => state()).toBe('active')
  expect(setup.complaints).toEqual([])
})
