import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()

it('until the calendar is shown nothing is loaded but what that takes, and then the rest', async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 12 * * *', 'almanac:noop', timezone => 'UTC')`,
  )
  const page = await setup.signIn('admin')
  const asked: string[] = []
  page.on('request', (request) => {
    const file = basename(new URL(request.url()).pathname)
    if (/\.(js|css)$/.test(file)) asked.push(file.replace(/-[\w-]{8}\./, '.'))
  })
  const held = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (/query Calendar\(/.test(route.request().postData() ?? '')) await held.promise
    await route.continue()
  })

  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)
  // The answers of the strip are there, and whatever is loaded with the page has been asked for.
  await page.getByRole('link', { name: 'nightly' }).first().waitFor()

  expect(asked.toSorted()).toEqual([
    'calendar.css',
    'calendar.js',
    'graphql.js',
    'index.js',
    'mantine.css',
    'mantine.js',
    'react.js',
    'rolldown-runtime.js',
    'router.js',
  ])
  held.resolve()
  await page.getByRole('combobox', { name: 'Time zone' }).waitFor()
  expect(asked).toContain('Overlays.js')
  expect(setup.complaints).toEqual([])
})

it('the time zone can be chosen before the calendar is shown', async () => {
  const page = await setup.signIn('admin')
  const held = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (/query Calendar\(/.test(route.request().postData() ?? '')) await held.promise
    await route.continue()
  })
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)

  await page.getByRole('button', { name: 'UTC', exact: true }).click()

  await page.getByRole('option', { name: /^Europe\/Paris/ }).click()
  await expect.poll(() => new URL(page.url()).searchParams.get('zone')).toBe('Europe/Paris')
  held.resolve()
})
