import { markPermanent } from '../runs/permanent.ts'
import type { Run } from '../run.ts'

/** Puts into a text what its `{{…}}` stand for; `escape` is for facts, secrets are filled in as they are. */
export type Fill = (text: string, escape?: (value: string) => string) => string

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Fills in facts of a run, and secrets where there may be any. Its errors are permanent. */
export function createFill(run: Run, secret: ((name: string) => string) | null): Fill {
  const facts: Readonly<Record<string, string>> = {
    'run.id': run.id,
    'run.scheduled_for': new Date(run.scheduledFor).toISOString(),
    'run.attempt': String(run.attempt),
    'run.schedule_id': run.scheduleId,
  }
  return (text, escape = (value) => value) =>
    text.replace(PLACE, (place, inner: string) => {
      const fact = Object.hasOwn(facts, inner) ? facts[inner] : undefined
      if (fact !== undefined) return escape(fact)
      const name = /^secret:(.*)$/.exec(inner)?.[1]
      if (name !== undefined && secret) return secret(name)
      const known = [...Object.keys(facts), ...(secret ? ['secret:NAME'] : [])].map((key) => `{{${key}}}`)
      throw markPermanent(
        new Error(
          `${place.slice(0, 100)} is unknown. Available are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}.`,
        ),
      )
    })
}
