import { jsonPgSmartTags } from 'postgraphile/utils'

const FIND = { behavior: '+filterBy +orderBy +attribute:filterBy +attribute:orderBy' }
const HIDDEN = { behavior: '-*' }
const READ_ONLY = '-insert -update -delete -resource:insert -resource:update -resource:delete'
const LIST = {
  behavior: '-queryField:resource:connection -resource:connection +queryField:resource:list +resource:list',
}

const attributes = (names: readonly string[], tags: Record<string, string>) =>
  Object.fromEntries(names.map((name) => [name, { tags }]))

/** What the GraphQL schema makes of tables and functions; the comments in SQL are its documentation. */
export const SmartTagsPlugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      'almanac.schedules': {
        tags: { behavior: READ_ONLY },
        attribute: {
          ...attributes(
            [
              'id',
              'name',
              'kind',
              'timezone',
              'task_identifier',
              'priority',
              'status',
              'tags',
              'created_at',
              'updated_at',
            ],
            FIND,
          ),
          ...attributes(
            ['next_run_at', 'last_run_at', 'last_status', 'total_runs', 'failed_runs', 'deleted_at'],
            FIND,
          ),
          ...attributes(['owner_user', 'run_as', 'created_by', 'archived_at'], FIND),
          ...attributes(
            ['next_scheduled_for', 'cursor_at', 'rule_seconds', 'rule_minutes', 'rule_hours'],
            HIDDEN,
          ),
          ...attributes(
            ['rule_first_time', 'rule_weekdays', 'rule_months', 'rule_days', 'rule_running'],
            HIDDEN,
          ),
        },
      },
      'almanac.runs': {
        tags: {
          behavior: READ_ONLY,
          foreignKey:
            '(schedule_id) references almanac.schedules (id)|@fieldName schedule|@foreignFieldName runs',
        },
        attribute: attributes(
          [
            'id',
            'schedule_id',
            'schedule_name',
            'task_identifier',
            'scheduled_for',
            'due_at',
            'trigger',
            'status',
            'started_at',
            'finished_at',
            'worker_id',
            'requested_by',
          ],
          FIND,
        ),
      },
      'almanac.run_attempts': {
        tags: {
          behavior: READ_ONLY,
          foreignKey:
            '(run_id, scheduled_for) references almanac.runs (id, scheduled_for)|@fieldName run|@foreignFieldName attempts',
        },
        attribute: attributes(['attempt', 'started_at'], FIND),
      },
      'almanac.omissions': {
        tags: { behavior: READ_ONLY },
        attribute: attributes(['schedule_id', 'reason', 'recorded_at'], FIND),
      },
      'almanac.tasks': {
        tags: { behavior: READ_ONLY },
        attribute: attributes(['identifier', 'available', 'task_group'], FIND),
      },
      'almanac.workers': {
        tags: { behavior: READ_ONLY },
        attribute: attributes(['id', 'status', 'started_at', 'last_heartbeat_at'], FIND),
      },
      'almanac.users': { tags: { behavior: READ_ONLY }, attribute: attributes(['username', 'role'], FIND) },
    },
    procedure: {
      'almanac.calendar': { tags: LIST },
      'almanac.preview': { tags: LIST },
      'almanac.upcoming': { tags: LIST },
      'almanac.occurrences': { tags: LIST },
    },
  },
})
