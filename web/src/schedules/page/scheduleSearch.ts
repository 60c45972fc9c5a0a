import * as v from 'valibot'

/** What the address of a schedule's page says; what cannot be read is as if it was not there. */
export const scheduleSearch = v.object({
  /** The moment that is to be explained, as the API writes it. */
  why: v.fallback(
    v.optional(
      v.nullable(
        v.pipe(
          v.string(),
          v.check((text) => !Number.isNaN(Date.parse(text))),
        ),
      ),
      null,
    ),
    null,
  ),
})
