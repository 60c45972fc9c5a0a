import { framedParams } from '../../address/framedParams.ts'
import { checked } from '../../address/params.ts'

/** A moment as the API writes it. */
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** What the address of a schedule's page says. */
export const scheduleParams = {
  ...framedParams,
  /** The moment that is to be explained. */
  why: checked(
    (text) => moment.test(text) && !Number.isNaN(Date.parse(text)),
    null,
    'a moment, as 2026-12-24T06:30:00Z',
    'nothing is explained',
  ),
}
