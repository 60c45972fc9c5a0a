// Checks the messages of commits, on whatever Node the machine has: `npm run commits -- [base] [head]`.
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'

const LONGEST_SUBJECT = 72
const MACHINE_PATH = /(?:^|[\s"'(`])(\/(?:home|root|tmp|Users|work)\/\S+|[A-Z]:\\\S+)/

/**
 * What is wrong with a commit's message.
 * @param {string} message
 * @returns {string[]}
 */
export function problemsOf(message) {
  const [subject = '', blank, ...body] = message.trimEnd().split('\n')
  const problems = []
  if (subject.length > LONGEST_SUBJECT)
    problems.push(`The subject has ${subject.length} characters; at most ${LONGEST_SUBJECT} are allowed.`)
  if (subject.endsWith('.')) problems.push('The subject ends with a period.')
  if (blank) problems.push('The line after the subject is not blank.')
  if (!blank && body.join('').trim() === '') problems.push('There is no body that says why.')
  const path = MACHINE_PATH.exec(message)?.[1]
  if (path) problems.push(`It names a path of one machine: ${path}`)
  return problems
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim())
  return stdout
}

function main([base = 'origin/main', head = 'HEAD']) {
  const log = git('log', '--no-merges', '--reverse', '--format=%h%n%B%x00', `${base}..${head}`)
  const commits = log.split('\0').flatMap((entry) => {
    const [id, ...lines] = entry.trimStart().split('\n')
    return id ? [{ id, message: lines.join('\n') }] : []
  })
  for (const { id, message } of commits) {
    const problems = problemsOf(message)
    if (problems.length === 0) continue
    process.exitCode = 1
    console.error(`${id} ${message.split('\n')[0]}\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  }
  console.log(`Checked the messages of ${commits.length} commits.`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
