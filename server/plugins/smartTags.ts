import { jsonPgSmartTags } from 'postgraphile/utils'

/** Rows are changed by functions, which refuse loudly what row security would only hide. */
const READ_ONLY = { behavior: '-insert -update -delete -resource:insert -resource:update -resource:delete' }
const HIDDEN = { behavior: '-*' }
/** Enums and arrays are neither ordered by nor compared unless told so; other columns are. */
const FIND = { behavior: '+filterBy +orderBy +attribute:filterBy +attribute:orderBy' }
/** A function's rows as a plain list, without pages. */
const LIST = {
  behavior: '-queryField:resource:connection -resource:connection +queryField:resource:list +resource:list',
}

/** Columns of schedules that only the engine reads. */
const ENGINE = ['next_scheduled_for', 'cursor_at', 'run_as_key', 'rule', 'has_overrides']

/** History has no foreign keys (it outlives what it tells of): these relations are for GraphQL only. */
const RUN_OF_SCHEDULE =
  '(schedule_id) references almanac.schedules (id)|@fieldName schedule|@foreignFieldName runs'
const CHILD_OF_RUN =
  '(parent_id, scheduled_for) references almanac.runs (id, scheduled_for)|@fieldName parent|@foreignFieldName childRuns'
const OMISSION_OF_SCHEDULE =
  '(schedule_id) references almanac.schedules (id)|@fieldName schedule|@foreignFieldName omissions'
const ATTEMPT_OF_RUN =
  '(run_id, scheduled_for) references almanac.runs (id, scheduled_for)|@fieldName run|@foreignFieldName attempts'

const tagged = (tags: Record<string, string | true>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { tags }]))

/** What the GraphQL schema makes of tables and functions; the comments in SQL are its documentation. */
export const SmartTagsPlugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      'almanac.schedules': {
        tags: READ_ONLY,
        attribute: {
          ...tagged(HIDDEN, ENGINE),
          ...tagged(FIND, [
            'kind',
            'target',
            'status',
            'last_status',
            'tags',
            'calendars',
            'exclusion_policy',
          ]),
        },
      },
      'almanac.runs': {
        tags: { ...READ_ONLY, foreignKey: [RUN_OF_SCHEDULE, CHILD_OF_RUN] },
        attribute: { ...tagged(FIND, ['status', 'trigger']), final_counts: { tags: HIDDEN } },
      },
      // Many lines a row: run_log reads them.
      'almanac.run_logs': { tags: HIDDEN },
      'almanac.run_attempts': { tags: { ...READ_ONLY, foreignKey: ATTEMPT_OF_RUN } },
      'almanac.omissions': {
        tags: { ...READ_ONLY, foreignKey: OMISSION_OF_SCHEDULE },
        attribute: {
          ...tagged(FIND, ['reason']),
          during: { tags: { behavior: '+orderBy +attribute:orderBy' } },
        },
      },
      'almanac.exclusion_calendars': {
        tags: READ_ONLY,
        attribute: { owned_by_key: { tags: HIDDEN } },
      },
      'almanac.calendar_entries': { tags: READ_ONLY, attribute: { rule: { tags: HIDDEN } } },
      'almanac.calendar_rules': { tags: READ_ONLY, attribute: { ics: { tags: HIDDEN } } },
      'almanac.occurrence_overrides': { tags: READ_ONLY, attribute: tagged(FIND, ['action']) },
      'almanac.ledger_checks': { tags: READ_ONLY },
      'almanac.stops': { tags: READ_ONLY },
      'almanac.task_stops': { tags: READ_ONLY },
      // A view, of which PostgreSQL tells neither a key nor what is never null.
      'almanac.tasks': {
        tags: { ...READ_ONLY, primaryKey: 'identifier' },
        attribute: tagged({ notNull: true }, [
          'identifier',
          'depends_on',
          'is_builtin',
          'available',
          'created_at',
          'may_use',
        ]),
      },
      'almanac.resource_groups': { tags: READ_ONLY },
      'almanac.workflows': { tags: READ_ONLY, attribute: { owned_by_key: { tags: HIDDEN } } },
      'almanac.workflow_versions': { tags: READ_ONLY },
      'almanac.workers': { tags: READ_ONLY },
      'almanac.users': { tags: READ_ONLY, attribute: tagged(FIND, ['role']) },
      // Their runs come as such.
      'almanac.run_page': { attribute: tagged(HIDDEN, ['run_ids', 'scheduled_fors']) },
      'almanac.active_run_page': { attribute: tagged(HIDDEN, ['run_ids', 'scheduled_fors']) },
    },
    procedure: {
      // For those who may end sessions: in SQL.
      'almanac.blockers': { tags: HIDDEN },
      'almanac.runs_next_attempt_at': { tags: { behavior: '-filterBy -orderBy' } },
      'almanac.runs_may_cancel': { tags: { behavior: '-filterBy -orderBy' } },
      'almanac.runs_may_retry': { tags: { behavior: '-filterBy -orderBy' } },
      ...tagged(
        {
          behavior:
            '-typeField:resource:connection -resource:connection +typeField:resource:list +resource:list -queryField -filterBy',
        },
        ['almanac.runs_retries', 'almanac.run_page_runs', 'almanac.active_run_page_runs'],
      ),
      'almanac.schedules_blocked_because': { tags: { behavior: '-filterBy -orderBy' } },
      ...tagged({ behavior: '-filterBy -orderBy' }, [
        'almanac.runs_place_in_line',
        'almanac.resource_groups_running',
        'almanac.resource_groups_waiting',
        'almanac.resource_groups_starts',
        'almanac.resource_groups_next_start_at',
      ]),
      'almanac.runs_roll_up': { tags: { behavior: '-filterBy -orderBy' } },
      'almanac.runs_why': { tags: { behavior: '-filterBy -orderBy' } },
      'almanac.slots_in_use': { tags: LIST },
      'almanac.advice': { tags: LIST },
      'almanac.last_outcomes': { tags: LIST },
      'almanac.calendar': { tags: LIST },
      'almanac.host_jobs': { tags: LIST },
      'almanac.host_job_counts': { tags: LIST },
      'almanac.host_crontab': { tags: LIST },
      'almanac.run_log': { tags: LIST },
      'almanac.check_definition': { tags: LIST },
      'almanac.plan_schedules': { tags: LIST },
      'almanac.preview': { tags: LIST },
      'almanac.preview_change': { tags: LIST },
      'almanac.check_ledger': { tags: LIST },
      'almanac.excluded_times': { tags: LIST },
      'almanac.closed_times': { tags: LIST },
      'almanac.overrides_for_move': { tags: LIST },
      'almanac.overrides_for_change': { tags: LIST },
      'almanac.usual_durations': { tags: LIST },
      'almanac.schedule_warnings': { tags: LIST },
      'almanac.busy_hours': { tags: LIST },
      'almanac.upcoming': { tags: LIST },
      'almanac.occurrences': { tags: LIST },
    },
  },
})
