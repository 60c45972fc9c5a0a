-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_calendar_rule(rule_id bigint) returns almanac.calendar_rules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
begin
  select r.* into v_rule from almanac.calendar_rules r where r.id = remove_calendar_rule.rule_id;
  perform almanac_private.check_part_of_calendar('rule', remove_calendar_rule.rule_id, v_rule.calendar_id);
  delete from almanac.calendar_rules r where r.id = v_rule.id;
  return v_rule;
end
$$;
comment on function almanac.remove_calendar_rule(bigint) is
  'Removes the rule of an imported series from its calendar, with the entries that came from it.';
grant execute on function almanac.remove_calendar_rule(bigint) to almanac_operator;
