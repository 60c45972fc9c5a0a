create or replace function almanac_private.read_run_filter(filter jsonb, may_be_all boolean default false)
returns almanac_private.run_filter
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := array['ids', 'schedule', 'schedule_id', 'task', 'tag', 'run_as', 'worker_id', 'trigger',
    'status', 'since', 'until', 'search', 'schedule_search', 'creator', 'without_frequent',
    'parent_id'];
  v_given jsonb := jsonb_strip_nulls(read_run_filter.filter);
  v_read almanac_private.run_filter;
  v_key text;
  v_message text;
begin
  -- An empty search field says nothing: it would else stand for all runs.
  foreach v_key in array array['search', 'schedule_search'] loop
    if btrim(v_given ->> v_key) = '' then
      v_given := v_given - v_key;
    end if;
  end loop;
  if jsonb_typeof(v_given) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The filter is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(v_given), 'null')),
      hint = 'For example {"schedule": "nightly", "since": "2030-01-31T00:00Z"}.';
  elsif v_given - 'without_frequent' = '{}' and not read_run_filter.may_be_all then
    raise exception using errcode = 'AL012', message = 'The runs are not specified.', detail = 'The filter is empty.',
      hint = format('Use one or more of %s. A run must match all of them.', array_to_string(v_known, ', '));
  end if;
  -- One state may be given as a text.
  if jsonb_typeof(v_given -> 'status') = 'string' then
    v_given := jsonb_set(v_given, '{status}', jsonb_build_array(v_given -> 'status'));
  end if;
  for v_key in select k from jsonb_object_keys(v_given) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no filter %s.', v_key),
        detail = format('Known filters: %s.', array_to_string(v_known, ', ')),
        hint = 'Use one or more of these.' || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_read := jsonb_populate_record(v_read, jsonb_build_object(v_key, v_given -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key,
        message = format('%s is invalid: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(v_given ->> v_key, 200)),
        hint = 'See the comment on almanac.cancel_runs.';
    end;
  end loop;
  if cardinality(v_read.ids) > 10000 then
    raise exception using errcode = 'AL012', message = 'A filter may list at most 10,000 runs.',
      detail = format('ids: %s.', cardinality(v_read.ids)), hint = 'List fewer at a time.';
  end if;
  if v_read.schedule is not null then
    v_read.schedule_id := (almanac_private.find_schedule(v_read.schedule)).id;
  end if;
  return v_read;
end
$$;
comment on function almanac_private.read_run_filter(jsonb, boolean) is
  'A filter of runs, as cancel_runs(), retry_failed() and find_runs() take it. Unknown names (AL009), unreadable '
  'values and, unless may_be_all, an empty filter (AL012) are refused.';
grant execute on function almanac_private.read_run_filter(jsonb, boolean) to almanac_viewer;
