import { framedParams } from '../../address/framedParams.ts'
import { checked, oneOf, text, type SearchOf } from '../../address/params.ts'

/** A local time, with the offset where its clock shows it twice. */
const localTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d)?$/

/** What the address of a new schedule's form says of it. */
export const newScheduleParams = {
  ...framedParams,
  kind: oneOf(['once', 'cron'], undefined, 'a kind', 'the form begins with its own'),
  /** Of one that runs once: when, as the field has it, by the zone of the address. */
  at: checked((at) => localTime.test(at), undefined, 'a time, as 2026-12-24T06:30', 'none is filled in'),
  cron: text(undefined, 'a cron expression', 'none is filled in'),
  tag: text(undefined, 'a tag', 'none is filled in'),
}

export type NewScheduleSearch = Partial<SearchOf<typeof newScheduleParams>>
