create or replace function almanac.remove_calendar_rule(rule_id bigint) returns almanac.calendar_rules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
begin
  delete from almanac.calendar_rules r where r.id = remove_calendar_rule.rule_id returning r.* into v_rule;
  if v_rule.id is null then
    raise exception using errcode = 'AL015', message = format('There is no calendar rule with the number %s.', coalesce(remove_calendar_rule.rule_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select id, label from almanac.calendar_rules.';
  end if;
  return v_rule;
end
$$;
comment on function almanac.remove_calendar_rule(bigint) is 'Takes the rule of an imported series out of its calendar, and with it the entries that it gave.';
grant execute on function almanac.remove_calendar_rule(bigint) to almanac_operator;
