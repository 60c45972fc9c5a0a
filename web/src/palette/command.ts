/** Something that the palette does. */
export interface Command {
  id: string
  group: string
  label: string
  /** A key that does the same, or what it is about. */
  hint?: string
  run: () => void
}

/** What can be done with a schedule that is found by name. */
const scheduleVerbs = ['open', 'edit', 'trigger', 'pause', 'resume', 'runs', 'show'] as const

export type ScheduleVerb = (typeof scheduleVerbs)[number]

/** "pause nightly" means to pause a schedule whose name has "nightly"; without a verb it is opened. */
export function scheduleQuestion(text: string): { verb: ScheduleVerb; name: string } {
  const [first = '', ...rest] = text.trim().split(/\s+/)
  const verb = scheduleVerbs.find((each) => each === first.toLowerCase())
  return verb === undefined || rest.length === 0
    ? { verb: 'open', name: text.trim() }
    : { verb, name: rest.join(' ') }
}

/** Those whose label, group or hint has every word of a text. */
export function matching(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/)
  return commands.filter(({ label, group }) => {
    const own = `${group} ${label}`.toLowerCase()
    return words.every((word) => own.includes(word))
  })
}
