import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SETTINGS, SETTINGS_HELP } from './settingsHelp.ts'
import { VARIABLES } from './settings.ts'

/** The first two columns of the README's table of settings. */
function settingsInReadme(): { names: string; default: string | undefined }[] {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('\n## Settings\n')
  const rows = section.split('\n## ')[0]!.matchAll(/^\| (`[^|]+?) +\| ([^|]*?) *\| /gm)
  return [...rows].map(([, names = '', usual = '']) => ({
    names: names.replaceAll('`', ''),
    default: usual.replaceAll('`', '') || undefined,
  }))
}

test('the help lists the settings of the README, with their defaults', () => {
  expect(SETTINGS.map(({ names, default: usual }) => ({ names, default: usual }))).toEqual(settingsInReadme())
})

test('every variable that is read is in the help', () => {
  expect(VARIABLES.filter((name) => !SETTINGS_HELP.includes(name))).toEqual([])
})

test('the help fits a terminal of 100 columns', () => {
  expect(SETTINGS_HELP.split('\n').filter((line) => line.length > 100)).toEqual([])
})
