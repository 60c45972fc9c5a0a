/** Fetched by browsers that have no Temporal of their own. */
export { Temporal } from '@js-temporal/polyfill'
