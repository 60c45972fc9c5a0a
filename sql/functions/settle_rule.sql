-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.settle_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, is_closing boolean
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_settled almanac.schedules := schedule;
  v_follows timestamptz;
  v_stretch record;
begin
  perform set_config('almanac.engine', 'on', true);
  if settle_rule.omit_as is not null and not v_settled.has_overrides and v_settled.jitter is null and v_settled.exclusion_policy = 'skip' then
    -- All of one kind and in their order: counted at once, as a pause can be long.
    select min(o.at) as first, max(o.at) as last, count(*) as count into v_stretch
    from almanac_private.occurrences_between(v_settled, v_settled.cursor_at + interval '1 microsecond', settle_rule.as_of + interval '1 microsecond', null) o(at);
    if v_stretch.count > 0 then
      perform almanac_private.record_omission(v_settled.id, v_settled.name, v_stretch.first, v_stretch.last, v_stretch.count, settle_rule.omit_as,
        v_settled.cursor_at, settle_rule.as_of);
      v_settled.cursor_at := v_stretch.last;
    end if;
  else
    loop
      v_follows := v_settled.cursor_at;
      v_settled := almanac_private.settle_schedule(v_settled, settle_rule.as_of, 20000, settle_rule.omit_as);
      exit when v_settled.cursor_at = v_follows;
    end loop;
  end if;
  if settle_rule.is_closing then
    v_settled := almanac_private.settle_schedule(v_settled, settle_rule.as_of, 20000, settle_rule.omit_as, true);
  end if;
  perform set_config('almanac.engine', 'off', true);
  return v_settled;
end
$$;
comment on function almanac_private.settle_rule(almanac.schedules, timestamptz, almanac.omission_reason, boolean) is
  'Settles all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then.';
