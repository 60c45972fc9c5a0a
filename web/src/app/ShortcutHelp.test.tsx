import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { ShortcutHelp } from './ShortcutHelp.tsx'

afterEach(cleanup)

const sources = import.meta.glob<string>(['../**/*.tsx', '../**/*.ts', '!../**/*.test.*'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const names: Record<string, string> = { escape: 'esc', '[plus]': '+', '=': '+' }

test('every key that does something is on the sheet', () => {
  const bound = Object.values(sources)
    .flatMap((text) => [...text.matchAll(/useHotkeys\(\[([^]*?)\n {2}\]\)/g)].map(([, list]) => list ?? ''))
    .flatMap((list) => [...list.matchAll(/\[\s*'([^']+)',/g)].map(([, key]) => key ?? ''))
    .map((key) => key.toLowerCase().replace(/^(mod|shift)\+/, ''))
    .map((key) => names[key] ?? key)
  render(
    <MantineProvider env="test">
      <ShortcutHelp isOpen onClose={() => undefined} />
    </MantineProvider>,
  )
  const shown = screen
    .getAllByRole('term')
    .flatMap(({ textContent }) => textContent.toLowerCase().split(/ or | |(?<=\w)\+/))

  expect(bound.length).toBeGreaterThan(20)
  expect(bound.filter((key) => !shown.includes(key))).toEqual([])
})
