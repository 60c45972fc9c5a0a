import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let tomorrow: string
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `select almanac.schedule_cron('nightly', '0 12 * * *', 'almanac:noop', timezone => 'America/New_York')`,
  )
  const [row] = await db.query<{ day: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'YYYY-MM-DD') as day from almanac.upcoming('nightly', max_count => 2) offset 1`,
  )
  tomorrow = row!.day
  page = await setup.signIn('admin')
})

const chip = () => page.getByRole('button', { name: /^nightly, / }).first()
const popover = () => page.getByRole('dialog', { name: 'nightly' })
const open = (address = '') => page.goto(`${setup.server.url}/calendar/day/${tomorrow}?zone=UTC${address}`)

it('a click on an occurrence shows all about it next to it, and the address opens the same', async () => {
  await open()
  await chip().click()

  const text = popover()
  await text.getByText('It is upcoming').waitFor()
  // Its rule and why it runs are two answers, which come in any order.
  for (const part of ['Upcoming', '12:00 America/New_York', 'UTC +00', 'At 12:00 every day', '0 12 * * *'])
    await expect.poll(() => text.textContent()).toContain(part)
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  const [own, chipBox] = await Promise.all([text.boundingBox(), chip().boundingBox()])
  const isNextTo = own!.x >= chipBox!.x + chipBox!.width || own!.x + own!.width <= chipBox!.x
  expect(isNextTo || own!.y >= chipBox!.y + chipBox!.height || own!.y + own!.height <= chipBox!.y).toBe(true)

  const address = page.url()
  expect(address).toContain('item=')
  await page.goto('about:blank')
  await page.goto(address)
  await popover().getByText('It is upcoming').waitFor()
})

it('the escape key closes it and gives the focus back, and it is gone from the address', async () => {
  await open()
  await chip().focus()
  await page.keyboard.press('Enter')
  await popover().getByRole('heading', { name: 'nightly' }).waitFor()

  await page.keyboard.press('Escape')

  await popover().waitFor({ state: 'detached' })
  expect(page.url()).not.toContain('item=')
  await expect.poll(() => chip().evaluate((element) => element === document.activeElement)).toBe(true)
})

it('a press elsewhere closes it, and the last outcomes are those of its schedule', async () => {
  await setup.db.query(`select almanac.trigger_now('nightly')`)
  await setup.db.query(`select almanac.cancel_queued('nightly')`)
  await open()
  await chip().click()

  await popover()
    .getByRole('region', { name: 'Last outcomes' })
    .getByRole('img', { name: 'Cancelled' })
    .waitFor()

  await page
    .getByRole('columnheader')
    .first()
    .click({ position: { x: 5, y: 5 } })
  await popover().waitFor({ state: 'detached' })
  expect(setup.complaints).toEqual([])
})

it('on a phone it is at the bottom, no wider than the screen', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open()
  await chip().click()

  const box = (await popover().boundingBox())!
  expect(box).toMatchObject({ x: 0, width: 390 })
  await page.setViewportSize({ width: 1440, height: 900 })
})
