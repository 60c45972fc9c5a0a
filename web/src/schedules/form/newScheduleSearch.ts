import * as v from 'valibot'

const text = v.fallback(v.optional(v.pipe(v.string(), v.maxLength(200))), undefined)

/** What the address of a new schedule's form says of it. */
export const newScheduleSearch = v.object({
  kind: v.fallback(v.optional(v.picklist(['once', 'cron'])), undefined),
  /** Of one that runs once: when, as the field has it, by the zone of the address. */
  at: text,
  cron: text,
  // Text that looks like a number arrives as one.
  tag: v.fallback(v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String))), undefined),
})

export type NewScheduleSearch = v.InferOutput<typeof newScheduleSearch>
