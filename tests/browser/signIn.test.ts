import { expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()

const signOut = { name: 'Sign out' }

it('a link pasted over the sign-in page signs in, and leads to the address that was asked for', async () => {
  const page = await setup.newPage()
  const asked = `${setup.server.url}/runs?zone=Europe/Paris`
  await page.goto(asked)
  await page.waitForURL(`${setup.server.url}/sign-in`)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()

  // Only the fragment changes: the document stays.
  await page.goto(`${setup.server.url}/sign-in#token=${'a'.repeat(43)}`)
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  await page.goto(await setup.link('admin'))

  await page.waitForURL(asked)
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(0)
})

it('an address of another host that was put into the tab is not followed', async () => {
  const page = await setup.newPage()
  await page.goto(`${setup.server.url}/sign-in?to=//evil.example`)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
  await page.evaluate(() => sessionStorage.setItem('almanac.return-to', '//evil.example/runs'))

  await page.goto(await setup.link('admin'))

  await page.waitForURL(`${setup.server.url}/calendar/week`)
})

it('a tab that waits at the sign-in page continues when its user has signed in in another', async () => {
  const page = await setup.newPage()
  await page.goto(`${setup.server.url}/workers`)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
  const other = await page.context().newPage()
  await other.goto(await setup.link('admin'))
  await other.waitForURL(/\/calendar\//)

  await page.evaluate(() => window.dispatchEvent(new Event('focus')))

  await page.waitForURL(`${setup.server.url}/workers`)
})

it.each([
  ['desk', 1440],
  ['phone', 390],
])('on a %s one sees who is signed in, and signs out', async (_what, width) => {
  const page = await setup.signIn('admin')
  await page.setViewportSize({ width, height: 844 })
  const settings = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' })
  await expect.poll(() => settings.getAttribute('title')).toBe('Signed in as admin (admin)')
  await settings.click()
  const account = page.getByRole('region', { name: 'Account' })
  await account.getByText('can change everything, including users').waitFor()

  await page.context().setOffline(true)
  await account.getByRole('button', signOut).click()
  await page.getByText('you are still signed in').waitFor()
  await page.context().setOffline(false)
  await account.getByRole('button', signOut).click()

  await page.waitForURL(`${setup.server.url}/sign-in`)
  expect((await page.context().cookies()).filter(({ value }) => value !== '')).toEqual([])
  await page.goto(`${setup.server.url}/settings`)
  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
})
