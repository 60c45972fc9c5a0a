import { homedir } from 'node:os'
import { errorText } from './storable.ts'

/** An error as it is kept: the first is the one that was thrown, each next one caused the one before. */
export interface Cause {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Frames, the innermost first. */
  readonly stack: readonly string[]
}

/** How many causes are kept, how many frames of each, and how long they may be. */
const MOST_CAUSES = 8
const MOST_FRAMES = 20
const LONGEST_MESSAGE = 2_000
const LONGEST_FRAME = 300
const LONGEST_NAME = 100

/**
 * What was thrown and what caused it, without the folders of this machine: what is in the project by its path there, what
 * is in a package by the package, anything else by its name alone. `redact` takes out what no one may read. Never throws;
 * null where no error was thrown.
 */
export function causesOf(
  thrown: unknown,
  project = process.cwd(),
  redact: (text: string) => string = (text) => text,
): readonly Cause[] | null {
  const causes: Cause[] = []
  const seen = new Set<unknown>()
  try {
    for (
      let error = thrown;
      error instanceof Error && causes.length < MOST_CAUSES && !seen.has(error);
      error = error.cause
    ) {
      seen.add(error)
      causes.push(causeOf(error, project, redact))
    }
  } catch {
    // An error may refuse to be read: what was read of it before stays.
  }
  return causes.length > 0 ? causes : null
}

function causeOf(error: Error, project: string, redact: (text: string) => string): Cause {
  const { name, message, stack } = error
  const code =
    'code' in error && typeof error.code === 'string' ? errorText(redact(error.code), LONGEST_NAME) : null
  return {
    name: errorText(redact(String(name)), LONGEST_NAME),
    message: errorText(redact(withoutFolders(String(message), project)), LONGEST_MESSAGE),
    ...(code !== null && { code }),
    stack: String(stack ?? '')
      .slice(0, 100_000)
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, MOST_FRAMES)
      .map((line) => errorText(redact(frameOf(line.trim(), project)), LONGEST_FRAME)),
  }
}

/** An absolute path, as a frame has it: of Unix, of Windows, or as an address. */
const PATH = /(?:file:\/\/\/(?:[A-Za-z]:\/)?|(?<![\w./:-])\/|\b[A-Za-z]:[\\/])[^\s():]+/g

function frameOf(frame: string, project: string): string {
  return frame.replace(PATH, (path) => {
    const plain = path.replace(/^file:\/\//, '').replaceAll('\\', '/')
    const root = `${project.replaceAll('\\', '/')}/`
    const inPackage = plain.lastIndexOf('node_modules/')
    if (inPackage >= 0) return plain.slice(inPackage)
    return plain.startsWith(root) ? plain.slice(root.length) : `…/${plain.slice(plain.lastIndexOf('/') + 1)}`
  })
}

/** Messages hold other paths as well, which are what they tell of: only the project's own, and the home folder, are shortened. */
export function withoutFolders(message: string, project = process.cwd()): string {
  const home = homedir()
  const short = project.length > 1 ? message.replaceAll(`${project}/`, '') : message
  return home.length > 1 ? short.replaceAll(`${home}/`, '~/') : short
}
