-- Definer: settings are the owner's; who may is checked first.
create or replace function almanac.set_retention(
  keep_for interval default null, keep_failures_for interval default null, keep_last integer default null,
  archive boolean default false
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
begin
  perform almanac_private.check_admin('set_retention');
  v_field := case
    when set_retention.keep_for <> '0' and not almanac_private.is_length(set_retention.keep_for, '1 day', '100 years')
      then 'keep_for'
    when set_retention.keep_failures_for <> '0'
      and not almanac_private.is_length(set_retention.keep_failures_for, '1 day', '100 years') then 'keep_failures_for'
    when set_retention.keep_last not between 0 and 1000000 then 'keep_last'
  end;
  if v_field is not null then
    raise exception using errcode = 'AL012', column = v_field,
      message = case v_field when 'keep_last' then 'keep_last must be between 0, for all, and 1,000,000.'
        else format('%s must be 0, for forever, or from a day to 100 years.', v_field) end,
      detail = format('%s: %s.', v_field, case v_field when 'keep_for' then set_retention.keep_for::text
        when 'keep_failures_for' then set_retention.keep_failures_for::text else set_retention.keep_last::text end),
      hint = 'For instance: select almanac.set_retention(keep_for => ''90 days'', keep_failures_for => ''1 year'').';
  end if;
  insert into almanac_private.settings as s (key, value)
  values ('retention', jsonb_strip_nulls(jsonb_build_object(
    'keep_for', nullif(set_retention.keep_for, '0'), 'keep_failures_for', set_retention.keep_failures_for,
    'keep_last', nullif(set_retention.keep_last, 0), 'archive', nullif(set_retention.archive, false),
    'changed_at', statement_timestamp(),
    'changed_by', almanac_private.actor())))
  -- Said again, it is as old as it was: what is overdue by it stays overdue.
  on conflict (key) do update set value = excluded.value
  where s.value - '{changed_at,changed_by}'::text[] is distinct from excluded.value - '{changed_at,changed_by}'::text[];
  -- What has been looked at is looked at again, by the new rule.
  update almanac_private.retention_passes p set step = 'ended', swept_at = null;
  perform almanac_private.notify_changed('almanac_ledger', null);
end
$$;
comment on function almanac.set_retention(interval, interval, integer, boolean) is
  'Says how long finished runs are kept, with their attempts and logs: for keep_for after they ended, those that '
  'failed or timed out for keep_failures_for where that is longer, and of each schedule the latest keep_last, skipped '
  'ones not counted. null, also of what is not named: of keep_for, forever; of keep_failures_for, like others (0: '
  'forever); of keep_last, however many. A schedule may say otherwise in the columns of these names. The last run of '
  'each schedule stays. archive: whether workers write what is removed to files first. For admins.';
grant execute on function almanac.set_retention(interval, interval, integer, boolean) to almanac_viewer;
