import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let day: string
const pages = new Map<string, Page>()

beforeAll(async () => {
  await setup.db.query(`
    insert into almanac.users (username, role)
    values ('dana', 'operator'), ('olga', 'operator'), ('vera', 'viewer');
    select almanac.schedule_cron('theirs', '0 12 * * *', 'almanac:noop', timezone => 'UTC');
    set local almanac.system to 'on';
    insert into almanac.schedules (name, kind, cron_expression, timezone, task_identifier, is_system)
    values ('upkeep', 'cron', '0 15 * * *', 'UTC', 'almanac:noop', true);
    set local almanac.engine to 'on';
    update almanac.schedules set owner_user = (select id from almanac.users where username = 'dana')
    where name = 'theirs'`)
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  for (const user of ['olga', 'vera', 'admin']) pages.set(user, await setup.signIn(user))
})

const others = 'It belongs to dana. Only dana and admins can change it.'
const viewers = 'Viewers change no schedules. Operators change their own, admins all.'
const own = 'It is a system schedule, which no one can change.'

async function open(user: string, name: string): Promise<Page> {
  const page = pages.get(user)!
  await page.goto(
    `${setup.server.url}/calendar/day/${day}?zone=UTC${name === 'upkeep' ? '&system=true' : ''}`,
  )
  return page
}
const chip = (page: Page, name: string) => page.getByRole('button', { name: `${name}, ` }).first()

it.each([
  ['an operator', 'olga', 'theirs', others],
  ['a viewer', 'vera', 'theirs', viewers],
  ['an admin, of a system schedule,', 'admin', 'upkeep', own],
])('the keys of %s say at once why they change nothing', async (_, user, name, why) => {
  const page = await open(user, name)
  const told = (deed: string) => page.getByRole('alert').getByText(`Cannot ${deed} ${name}. ${why}`)
  await chip(page, name).focus()
  const asked: string[] = []
  page.on('request', (request) => {
    const body = request.postData() ?? ''
    if (body.includes('mutation')) asked.push(body)
  })

  await page.keyboard.press('x')
  await told('skip').waitFor()
  await page.keyboard.press('e')
  await told('edit').waitFor()
  await page.keyboard.press('Alt+ArrowDown')
  await told('move').waitFor()
  await page.keyboard.press('r')
  await (user === 'admin' ? page.getByRole('dialog', { name: `Run ${name} now?` }) : told('run')).waitFor()

  await expect.poll(() => page.getByText(/^Moving/).count()).toBe(0)
  expect(new URL(page.url()).pathname).toBe(`/calendar/day/${day}`)
  expect(asked).toEqual([])
})

it.each([
  ['an operator', 'olga', 'theirs', others],
  ['a viewer', 'vera', 'theirs', viewers],
])('what %s drags says why while it is over any place, and is put back', async (_, user, name, why) => {
  const page = await open(user, name)
  // What loads late may still move it.
  await page.waitForLoadState('networkidle')
  await chip(page, name).hover()
  const box = await chip(page, name).boundingBox()
  const [x, y] = [box!.x + 20, box!.y + box!.height / 2]

  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x, y + 30)
  await page.mouse.move(x, y + 60)
  await page.getByText(why).first().waitFor()
  await page.mouse.up()

  await expect.poll(() => page.getByText(/^Moving/).count()).toBe(0)
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
  expect(await setup.db.query('select from almanac.occurrence_overrides')).toEqual([])
})

it('commands that change a schedule are offered to who may change it', async () => {
  const page = await open('olga', 'theirs')
  await chip(page, 'theirs').focus()
  await page.keyboard.press('Control+k')
  const commands = page.getByRole('dialog', { name: 'Commands' })
  await commands.getByText('Open schedule').waitFor()

  await expect.poll(() => commands.getByText(/^(Skip|Pause|Edit schedule|Trigger now)$/).count()).toBe(0)
  await page.keyboard.type('runs theirs')
  await commands.getByText('Runs of theirs').waitFor()
  await commands.getByRole('combobox').fill('pause theirs')
  await commands.getByText('Nothing found').waitFor()
  expect(setup.complaints).toEqual([])
})
