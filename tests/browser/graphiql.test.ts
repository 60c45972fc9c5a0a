import { expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()

/** GraphiQL is large, and a machine under load takes its time. */
const patient = { timeout: 60_000 }

it('anyone who is signed in gets GraphiQL at /graphql, which asks the server, and nothing on its page is refused', async () => {
  const page = await setup.signIn('admin')

  await page.goto(`${setup.server.url}/graphql`)
  const execute = page.getByRole('button', { name: /^Execute query/ })
  await execute.waitFor(patient)

  // What it begins with is a comment, which the server answers as no query. The page takes clicks once its scripts have run.
  await expect
    .poll(async () => {
      await execute.click(patient)
      return page.getByRole('region', { name: /result/i }).innerText(patient)
    }, patient)
    .toMatch(/Syntax\sError/)
  expect(setup.complaints).toEqual([])
}, 150_000)
