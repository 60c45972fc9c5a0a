import {
  aliases,
  flood,
  hold,
  idleSockets,
  knock,
  mutations,
  repeat,
  send,
  stream,
  subscribers,
  together,
  type Attack,
} from './means.ts'

/** Something that is to stop others' schedules or the server, until it is told to end. */
export interface StoppingAttack {
  readonly name: string
  readonly attack: Attack
}

const ALL_TABLES = `do $$ declare t regclass; begin
  for t in select c.oid from pg_class c where c.relnamespace = 'almanac'::regnamespace and c.relkind in ('r', 'p', 'v')
    and has_table_privilege(c.oid, 'select') loop execute format('lock table %s in access share mode', t); end loop; end $$`

/** An own schedule, and a change of it in each of many subtransactions, which is more than a backend keeps apart. */
const SUBTRANSACTIONS = `do $$ begin
  for i in 1..300 loop
    begin update almanac.schedules set description = i::text where name = 'attack by savepoints'; exception when division_by_zero then null; end;
  end loop; end $$`

const own = (name: string, cron = '0 3 * * *') =>
  `select almanac.schedule_cron('${name}', '${cron}', 'almanac:noop')`

/** Forty schedules of every second that use calendars. */
const excluding = (calendars: readonly string[], policy: 'skip' | 'move') =>
  `select almanac.schedule_cron('attack excluded ' || i, '* * * * * *', 'almanac:noop',
     settings => '${JSON.stringify({ calendars, exclusion_policy: policy, overlap_policy: 'allow' })}')
   from generate_series(1, 40) i`

/** What PostgreSQL lets everyone do comes first, then what operators may do, then HTTP. */
export const STOPPING: readonly StoppingAttack[] = [
  {
    name: 'worker:migrate is notified again and again',
    attack: repeat('plain', `notify "worker:migrate", '{"migrationNumber": 1000, "breaking": true}'`),
  },
  {
    name: 'all channels are flooded',
    attack: together(
      flood('jobs:insert', `'{"count": ' || i || '}'`),
      flood('almanac_schedules', `'{"op": "update", "ids": ["' || i || '"]}'`),
      flood('almanac_runs', `'{"op": "update", "ids": ["' || i || '"]}'`),
      flood('almanac_leads', 'i::text'),
      flood('almanac_cancels', `'["' || i || '"]'`),
      flood('worker:migrate', `'{"migrationNumber": 1000, "breaking": true, "i": ' || i || '}'`),
    ),
  },
  {
    name: 'the channels that wake worker and server hear 6,000 notifications a second',
    attack: together(
      stream('jobs:insert', `'{"count": ' || i || '}'`, 6_000),
      stream('almanac_schedules', `'{"op": "update", "ids": ["' || i || '"]}'`, 6_000),
    ),
  },
  {
    name: 'all channels hear as much as is not a flood yet, and as long as a notification may be',
    attack: together(
      stream('jobs:insert', `'{"count": 1, "x": "' || repeat('1', 7900) || i || '"}'`, 3_000),
      stream('almanac_cancels', `'["' || repeat('1", "', 1500) || i || '"]'`, 1_000),
      stream(
        'almanac_schedules',
        `'{"op": "update", "ids": ["' || repeat('1", "', 1500) || i || '"]}'`,
        1_000,
      ),
      stream('almanac_runs', `'{"op": "update", "ids": ["' || repeat('1", "', 1500) || i || '"]}'`, 1_000),
    ),
  },
  {
    name: 'a viewer reads all tables in one transaction, as pg_dump does, while partitions are to be made',
    attack: together(
      hold(
        'viewer',
        'set transaction isolation level repeatable read',
        ALL_TABLES,
        'select pg_export_snapshot()',
      ),
      repeat('worker', 'select almanac_private.ensure_partitions(weeks_ahead => 20)', { pause: 500 }),
    ),
  },
  {
    name: 'viewers hold transactions open on all that they can read, one listens and does not hear',
    attack: together(
      hold(
        'viewer',
        'select count(*) from almanac.runs',
        'select count(*) from almanac.schedules',
        'select count(*) from almanac.workers',
      ),
      hold(
        'viewer',
        'set transaction isolation level repeatable read',
        'listen almanac_runs',
        'select txid_current()',
      ),
      hold('viewer', 'lock table almanac.runs, almanac.schedules, almanac.workers in access share mode'),
    ),
  },
  {
    name: 'an operator holds a schedule of its own, changed',
    attack: hold(
      'operator',
      `select almanac.schedule_cron('attack held', '* * * * * *', 'almanac:noop')`,
      'commit',
      'begin',
      `update almanac.schedules set description = 'attack held' where name = 'attack held'`,
    ),
  },
  {
    name: 'operators change one schedule again and again, and make others',
    attack: together(
      repeat(
        'operator',
        `select almanac.schedule_cron('attack changed', '* * * * * *', 'almanac:noop', jsonb_build_object('at', clock_timestamp()))`,
        {
          sessions: 4,
        },
      ),
      repeat(
        'operator',
        `select almanac.schedule_cron('attack ' || gen_random_uuid(), '0 3 * * *', 'almanac:noop') from generate_series(1, 20)`,
        { pause: 100 },
      ),
    ),
  },
  {
    name: 'an operator triggers more than it may',
    attack: together(
      hold('operator', own('attack triggered'), 'commit', 'begin'),
      repeat('operator', `select almanac.trigger_now('attack triggered') from generate_series(1, 20)`, {
        sessions: 4,
      }),
    ),
  },
  {
    name: 'an operator changes its schedule in more subtransactions than a backend keeps apart, and keeps its transaction open',
    attack: hold('operator', own('attack by savepoints'), 'commit', 'begin', SUBTRANSACTIONS),
  },
  {
    name: 'an operator makes payloads as large and as deep as it can, and deeper',
    attack: together(
      repeat(
        'operator',
        `select almanac.schedule_cron('attack large', '0 3 * * *', 'almanac:noop', jsonb_build_object('a', repeat('x', 262000)))`,
        { pause: 50 },
      ),
      repeat(
        'operator',
        `select almanac.schedule_cron('attack deep', '0 3 * * *', 'almanac:noop', (repeat('{"a":', 6000) || '1' || repeat('}', 6000))::jsonb)`,
        { pause: 50 },
      ),
      send(2, { role: 'viewer', body: aliases(1, 'schedules(first: 50) { nodes { name payload } }') }),
    ),
  },
  {
    name: 'statements of an operator outlive their cancelling, return what no one can hold, and leave transactions open',
    attack: together(
      ...[
        `do $$ begin perform pg_sleep(600); exception when query_canceled then perform pg_sleep(600); end $$`,
        `select repeat('x', 600000000)`,
        `begin; select txid_current()`,
        `select repeat('x', 1000) from generate_series(1, 1000000)`,
      ].map((statement, number) =>
        repeat(
          'operator',
          `select almanac.schedule_at('attack by statement ${number}', now() + interval '1 day', 'almanac:sql', jsonb_build_object('statement', $s$${statement}$s$),
             settings => '{"timeout": "3 seconds", "max_attempts": 1}');
           select almanac.trigger_now('attack by statement ${number}') from generate_series(1, 3)`,
          { pause: 1000 },
        ),
      ),
    ),
  },
  {
    name: 'an operator locks tables, again and again',
    attack: together(
      ...['almanac.schedules', 'almanac.runs', 'almanac.exclusion_calendars'].flatMap((table) =>
        ['access exclusive', 'share row exclusive', 'share update exclusive', 'row share'].map((mode) =>
          repeat(
            'operator',
            `begin; lock table ${table} in ${mode} mode nowait; select pg_sleep(1); rollback`,
          ),
        ),
      ),
    ),
  },
  {
    name: 'an operator locks all rows that it can',
    attack: hold(
      'operator',
      'select from almanac.schedules for update',
      'select from almanac.exclusion_calendars for update',
      'select from almanac.calendar_entries for update',
      'select from almanac.calendar_rules for update',
    ),
  },
  {
    name: 'strangers write to the log of the server of databases, make large objects and listen to all that is said',
    attack: together(
      repeat(
        'plain',
        `select pg_logical_emit_message(false, 'almanac', repeat('x', 100000)) from generate_series(1, 10)`,
        { pause: 20 },
      ),
      repeat('plain', `select lo_unlink(lo_from_bytea(0, convert_to(repeat('x', 100000), 'UTF8')))`, {
        pause: 20,
      }),
      repeat('plain', 'listen almanac_schedules; listen almanac_runs; listen "jobs:insert"', { sessions: 5 }),
      hold(
        'plain',
        `declare c cursor with hold for select repeat('x', 1000) from generate_series(1, 100000)`,
        'commit',
        'begin',
      ),
    ),
  },
  {
    name: 'a stranger takes advisory locks of every key that the names of Almanac hash to',
    attack: hold(
      'plain',
      `select pg_advisory_lock(hashtext(k)), pg_advisory_lock(hashtextextended(k, 0)) from unnest(array['almanac:migrate', 'almanac:partitions', 'almanac:timezones', 'almanac:name:punctual']) k`,
      `select pg_advisory_lock(i) from generate_series(-1000, 1000) i`,
    ),
  },
  {
    name: 'an operator previews as much as it can, and changes of a hundred years',
    attack: together(
      hold('operator', own('attack previewed'), 'commit', 'begin'),
      repeat(
        'operator',
        `select count(*) from generate_series(1, 300) i, almanac.preview(jsonb_build_object(
           'name', i::text, 'kind', 'cron', 'cron_expression', '* * * * * *', 'task_identifier', 'almanac:noop'), 1000)`,
        { sessions: 2 },
      ),
      repeat(
        'operator',
        `select count(*) from almanac.preview_change('attack previewed', '{"cron_expression": "30 3 * * *"}', now(),
           now() + interval '100 years')`,
        { sessions: 2 },
      ),
    ),
  },
  {
    name: 'an operator writes ten thousand schedules in one statement, which is refused when it has done so',
    attack: repeat(
      'operator',
      `insert into almanac.schedules (name, kind, cron_expression, task_identifier)
       select 'attack ' || gen_random_uuid(), 'cron', '0 3 * * *', 'almanac:noop' from generate_series(1, 10000)`,
      { sessions: 2 },
    ),
  },
  {
    name: 'schedules of every second ask a calendar of hundreds of days, and skip what is next time and again',
    attack: hold(
      'operator',
      `select almanac.create_calendar('attack of days')`,
      `select almanac.schedule_cron('attack asks ' || i, '* * * * * *', 'almanac:noop',
         settings => '{"calendars": ["attack of days"], "exclusion_policy": "move", "overlap_policy": "allow"}')
       from generate_series(1, 10) i`,
      own('attack skips'),
      'commit',
      // Each of these has the schedules planned again.
      `select almanac.exclude_recurring('attack of days', i || ' 3 * * *', interval '1 minute') from generate_series(0, 9) i`,
      `insert into almanac.calendar_entries (calendar_id, starts_on)
       select id, current_date + i from almanac.exclusion_calendars, generate_series(1, 500) i where name = 'attack of days'`,
      ...Array.from(
        { length: 20 },
        (_, day) =>
          `select almanac.skip_occurrence('attack skips', (current_date + ${day + 2} + time '03:00') at time zone 'UTC')`,
      ),
      'begin',
    ),
  },
  {
    name: 'forty schedules of every second skip each second one by a calendar of ten thousand ranges',
    attack: hold(
      'operator',
      `select almanac.create_calendar('attack of seconds')`,
      `insert into almanac.calendar_entries (calendar_id, starts_at, ends_at)
       select id, date_trunc('second', now()) + make_interval(secs => 2 * i), date_trunc('second', now()) + make_interval(secs => 2 * i + 1)
       from almanac.exclusion_calendars, generate_series(1, 10000) i where name = 'attack of seconds'`,
      excluding(['attack of seconds'], 'skip'),
      'commit',
      'begin',
    ),
  },
  {
    name: 'forty schedules of every second are postponed by two hundred windows a day, which are changed meanwhile',
    attack: together(
      hold(
        'operator',
        `select almanac.create_calendar('attack of windows')`,
        `insert into almanac.calendar_entries (calendar_id, cron_expression, duration)
         select id, format('%s %s * * *', i % 60, i % 24), interval '30 seconds'
         from almanac.exclusion_calendars, generate_series(0, 199) i where name = 'attack of windows'`,
        // And for a second in three.
        `insert into almanac.calendar_entries (calendar_id, starts_at, ends_at)
         select id, s.at, s.at + interval '1 second'
         from almanac.exclusion_calendars, generate_series(1, 1000) i,
           lateral (select date_trunc('second', now()) + make_interval(secs => 3 * i) as at) s
         where name = 'attack of windows'`,
        excluding(['attack of windows'], 'move'),
        'commit',
        'begin',
      ),
      repeat(
        'operator',
        `update almanac.calendar_entries set label = now()::text
         where id = (select max(e.id) from almanac.calendar_entries e join almanac.exclusion_calendars c on c.id = e.calendar_id
           where c.name = 'attack of windows')`,
        { pause: 500 },
      ),
    ),
  },
  {
    name: 'windows follow each other through a year, from the next second on, and their schedules are stopped one by one',
    attack: together(
      hold(
        'operator',
        `select almanac.create_calendar('attack of a year')`,
        // Without a gap, but for one month in the year: all but this one.
        `insert into almanac.calendar_entries (calendar_id, cron_expression, duration)
         select c.id, format('%s %s * %s *', i % 60, i % 24, m.months), interval '25 hours'
         from almanac.exclusion_calendars c, generate_series(0, 99) i,
           lateral (select string_agg(n::text, ',') as months from generate_series(1, 12) n
             where n <> date_part('month', now() at time zone 'UTC')) m
         where c.name = 'attack of a year'`,
        // Up to that.
        `insert into almanac.calendar_entries (calendar_id, starts_at, ends_at)
         select id, now() + interval '2 seconds', date_trunc('month', now()) + interval '1 month'
         from almanac.exclusion_calendars where name = 'attack of a year'`,
        excluding(['attack of a year'], 'move'),
        'commit',
        'begin',
      ),
      repeat(
        'operator',
        `update almanac.schedules set status = case when status = 'active' then 'disabled' else 'active' end::almanac.schedule_status
         where name = 'attack excluded ' || 1 + floor(random() * 20)`,
        { pause: 300 },
      ),
    ),
  },
  {
    name: 'who is not signed in asks, 100 at a time',
    attack: together(
      send(50, { path: '/healthz' }),
      send(25, {
        body: '{"query":"{ __typename }"}',
        madeUp: (port, number) => `almanac_session_${port}=${String(number).padStart(43, 'x')}`,
      }),
      send(25, { path: '/auth/login', body: `{"token":"${'x'.repeat(43)}"}` }),
    ),
  },
  {
    name: 'sockets that never finish their request are held open',
    attack: together(
      idleSockets(300, 'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n{'),
      idleSockets(300, 'GET /healthz HTTP/1.1\r\nx-a: '),
    ),
  },
  {
    name: 'a viewer asks for all runs under four names, and through their relations',
    attack: together(
      send(4, { role: 'viewer', body: aliases(4, 'runs { nodes { rowId payload result error } }') }),
      send(4, { role: 'viewer', body: aliases(1, 'runs(first: 5000) { nodes { rowId payload result } }') }),
      send(4, {
        role: 'viewer',
        body: aliases(
          1,
          'runs(first: 70) { nodes { schedule { name payload } attempts(first: 100) { nodes { error } } } }',
        ),
      }),
    ),
  },
  {
    name: 'a viewer looks for patterns that are tried at each letter of long texts, by all filters of texts',
    attack: together(
      hold(
        'operator',
        `select almanac.schedule_cron('attack of letters ' || i, '0 3 * * *', 'almanac:noop',
           settings => jsonb_build_object('description', repeat('a', 10000))) from generate_series(1, 100) i`,
        'commit',
        'begin',
      ),
      ...['like', 'likeInsensitive', 'includes', 'includesInsensitive', 'notLikeInsensitive'].map((filter) =>
        send(4, {
          role: 'viewer',
          body: JSON.stringify({
            query: `query ($p: String!) { schedules(filter: { description: { ${filter}: $p } }, first: 1) { nodes { name } } }`,
            variables: { p: `%${'a%'.repeat(5_000)}b` },
          }),
        }),
      ),
    ),
  },
  {
    name: 'a viewer asks for what is expensive under 60 names',
    attack: together(
      send(10, { role: 'viewer', body: aliases(60, 'checkLedger { problem }') }),
      send(10, {
        role: 'viewer',
        body: aliases(
          14,
          `calendar(rangeStart: "2030-01-01T00:00:00Z", rangeEnd: "2031-01-01T00:00:00Z") { scheduleName }`,
        ),
      }),
      send(10, {
        role: 'viewer',
        body: aliases(
          36,
          'occurrences(cron: "* * * * *", timezone: "UTC", rangeStart: "2030-01-01T00:00:00Z", rangeEnd: "2030-02-01T00:00:00Z", first: 5)',
        ),
      }),
    ),
  },
  {
    name: 'users trigger and create 240 times in one request, or as often as one takes',
    attack: together(
      hold('operator', own('attack requested'), 'commit', 'begin'),
      ...[240, 70].map((count) =>
        send(2, {
          role: 'admin',
          body: mutations(count, 'triggerNow(input: {schedule: "attack requested"}) { clientMutationId }'),
        }),
      ),
      send(3, {
        role: 'operator',
        body: mutations(
          70,
          'scheduleCron(input: {name: "attack of requests $N", cron: "0 3 * * *", task: "almanac:noop"}) { clientMutationId }',
        ),
      }),
    ),
  },
  {
    name: 'a viewer opens 400 sockets of 100 subscriptions each',
    attack: subscribers(400, 100),
  },
  {
    name: 'a viewer opens sockets and leaves them, again and again, and says more than it may',
    attack: together(
      knock(20, ['{"type":"connection_init"}']),
      knock(10, ['{"type":"connection_init"}', ...Array.from({ length: 300 }, () => '{"type":"ping"}')]),
      knock(10, ['x'.repeat(15_000)]),
    ),
  },
  {
    name: 'a viewer sends the largest operation there may be, 10 at a time',
    attack: send(10, {
      role: 'viewer',
      body: JSON.stringify({
        query: `{ ${Array.from({ length: 250 }, (_, number) => `a${number}: schedules(first: 1) { totalCount }`).join(' ')} }`,
      }),
    }),
  },
  {
    name: 'a viewer sends different operations that are expensive to plan, 20 at a time',
    attack: send(20, {
      role: 'viewer',
      body: (number) =>
        JSON.stringify({
          query: `{ ${Array.from({ length: 14 }, (_, list) => `a${number}_${list}: schedules(first: 1) { nodes { runs(first: 1) { nodes { ${Array.from({ length: 30 }, (__, field) => `b${field}: reason`).join(' ')} } } } }`).join(' ')} }`,
        }),
    }),
  },
  {
    name: 'a viewer sends different filters of many conditions, 20 at a time',
    attack: send(20, {
      role: 'viewer',
      body: (number) =>
        JSON.stringify({
          query: `query q${number} ($f: ScheduleFilter) { schedules(filter: $f, first: 1) { nodes { name } } }`,
          variables: {
            f: { or: Array.from({ length: 350 }, (_, at) => ({ name: { equalTo: `${number} ${at}` } })) },
          },
        }),
    }),
  },
  {
    name: 'a viewer subscribes 300 times, and all runs are said to change',
    attack: together(
      subscribers(20, 15),
      flood('almanac_runs', `'{"op": "update", "ids": ["' || i || '"]}'`),
    ),
  },
]
