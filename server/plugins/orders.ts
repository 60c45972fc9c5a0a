import { addPgTableOrderBy, orderByAscDesc } from 'postgraphile/utils'

/** When schedules last ran, newest first: those that never did come last, not first. */
export const OrdersPlugin = addPgTableOrderBy({ schemaName: 'almanac', tableName: 'schedules' }, () =>
  orderByAscDesc('LAST_RUN', 'last_run_at', { nulls: 'last' }),
)
