create or replace function almanac.rule_for_move(
  schedule text, occurrence timestamptz, moved_to timestamptz,
  out changes jsonb, out earlier bigint, out note text
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(rule_for_move.schedule);
  v_rule almanac.schedules;
  v_cron text;
  v_most constant integer := 1000;
begin
  if (almanac_private.is_in_reach(rule_for_move.occurrence) and almanac_private.is_in_reach(rule_for_move.moved_to))
      is not true
    or almanac_private.next_occurrence(v_schedule, rule_for_move.occurrence - interval '1 microsecond')
      is distinct from rule_for_move.occurrence
  then
    raise exception using errcode = 'AL016',
      message = format('The rule of schedule %s does not name this time.', v_schedule.name),
      detail = format('occurrence: %s, moved_to: %s.', coalesce(rule_for_move.occurrence::text, 'null'),
        coalesce(rule_for_move.moved_to::text, 'null')),
      hint = 'Use its nominal time, scheduled_for. See: select * from almanac.upcoming(…).';
  end if;
  earlier := (
    select count(*) from almanac_private.coming_occurrences(v_schedule, statement_timestamp(),
      greatest(rule_for_move.occurrence, statement_timestamp()), v_most) c
    where c.scheduled_for < rule_for_move.occurrence);
  case v_schedule.kind
    when 'once' then
      changes := jsonb_build_object('run_at', rule_for_move.moved_to);
    when 'interval' then
      changes := jsonb_build_object('starts_at', rule_for_move.moved_to);
    else
      select m.expression, m.note into v_cron, note
      from almanac_private.moved_cron(v_schedule.cron_expression,
        rule_for_move.occurrence at time zone v_schedule.timezone,
        rule_for_move.moved_to at time zone v_schedule.timezone) m;
      changes := jsonb_build_object('cron_expression', v_cron);
  end case;
  if note is null then
    v_rule := almanac_private.prepare_schedule(almanac_private.read_definition(changes, v_schedule));
    if almanac_private.next_occurrence(v_rule, rule_for_move.moved_to - interval '1 microsecond')
      is distinct from rule_for_move.moved_to
    then
      note := case
        when rule_for_move.moved_to < v_rule.starts_at or rule_for_move.moved_to >= v_rule.ends_at
          then 'The schedule does not run at this time: it is outside its start and end.'
        else 'No rule can name this time: the clock changes then.' end;
    end if;
  end if;
  if note is not null then
    changes := null;
  end if;
end
$$;
comment on function almanac.rule_for_move(text, timestamptz, timestamptz) is
  'How a rule would say that an occurrence, named by its nominal time, and those that follow move as this one does: '
  'the changes for update_schedule(), or null and in note why no rule says it. earlier counts the occurrences that are '
  'upcoming before it (1000: or more): a change of the rule concerns them too, split_schedule() leaves them alone.';
grant execute on function almanac.rule_for_move(text, timestamptz, timestamptz) to almanac_viewer;
