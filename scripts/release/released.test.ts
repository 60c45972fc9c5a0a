import { expect, test } from 'vitest'
import { released } from './released.ts'

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n- A page of workers.\n\n## 0.1.0 - 2026-12-01\n\n- The first.\n'

test('what is unreleased becomes the section of the version', () => {
  expect(released(CHANGELOG, '0.2.0', '2027-01-02')).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2027-01-02\n\n- A page of workers.\n\n## 0.1.0 - 2026-12-01\n\n- The first.\n',
  )
})

test('a version is released once, and not with nothing in it', () => {
  expect(() => released(CHANGELOG, '0.1.0', '2027-01-02')).toThrow('has a section 0.1.0 already')
  expect(() => released(released(CHANGELOG, '0.2.0', '2027-01-02'), '0.3.0', '2027-01-03')).toThrow(
    'Nothing is unreleased',
  )
})
