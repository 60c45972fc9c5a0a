import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
const refused: string[] = []
beforeAll(async () => {
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, payload)
     values ('web hook', 'manual', 'almanac:http', '{"url": "https://example.com/"}')`,
  )
  page = await setup.signIn('admin')
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) refused.push(message.text())
  })
  await page.goto(`${setup.server.url}/schedules`)
  await page.getByRole('link', { name: 'web hook' }).click()
  await page.getByRole('link', { name: 'Edit' }).click()
  await page.getByText('As JSON', { exact: true }).click()
  await page.locator('.json-editor').waitFor()
})

const editor = () => page.getByRole('textbox', { name: /^Payload a JSON/ })
const write = async (text: string) => {
  await editor().press('ControlOrMeta+a')
  await page.keyboard.insertText(text)
}

it('fields and the editor are one draft, and nothing is refused by the content-security policy', async () => {
  await write('{\n  "url": "https://example.org/"\n}')
  await expect
    .poll(() => page.getByRole('textbox', { name: 'URL', exact: true }).inputValue())
    .toBe('https://example.org/')

  await page.getByRole('textbox', { name: 'URL', exact: true }).fill('https://example.net/')
  await expect.poll(() => editor().innerText()).toContain('https://example.net/')
  expect(refused).toEqual([])
})

it('what the database refuses, and what is not JSON, is said at its line', async () => {
  await write('{\n  "url": "https://example.org/",\n  "method": "SHOUT"\n}')
  const faulty = page.locator('.json-faulty')
  await expect.poll(() => faulty.allInnerTexts()).toEqual(['  "method": "SHOUT"'])
  await expect.poll(() => editor().getAttribute('aria-invalid')).toBe('true')
  const { violations } = await new AxeBuilder({ page }).include('.json-editor').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  await write('{\n  "url": "https://example.org/"\n  "method": "GET"\n}')
  await expect.poll(() => faulty.allInnerTexts()).toEqual(['  "method": "GET"'])
  await page.getByText('Not JSON from here on.').waitFor()
})

it('Tab leaves it both ways, and undo is its own', async () => {
  await write('{"url": "https://example.org/a"}')
  await editor().press('ControlOrMeta+z')
  await expect.poll(() => editor().innerText()).not.toContain('example.org/a')

  await editor().press('Tab')
  await expect.poll(() => editor().evaluate((element) => element === document.activeElement)).toBe(false)
  await page.keyboard.press('Shift+Tab')
  await expect.poll(() => editor().evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Shift+Tab')
  await expect.poll(() => editor().evaluate((element) => element === document.activeElement)).toBe(false)
})
