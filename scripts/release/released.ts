const UNRELEASED = '## Unreleased\n'

/** The changelog once a version is out: its section has what was unreleased, and nothing is. */
export function released(changelog: string, version: string, date: string): string {
  const [before, after, ...more] = changelog.split(UNRELEASED)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('CHANGELOG.md needs one line "## Unreleased".')
  if (changelog.includes(`\n## ${version} `))
    throw new Error(`CHANGELOG.md has a section ${version} already.`)
  if (/^\s*(##\s|$)/.test(after))
    throw new Error('Nothing is unreleased: write down in CHANGELOG.md what has changed.')
  return `${before}${UNRELEASED}\n## ${version} - ${date}\n${after}`
}
