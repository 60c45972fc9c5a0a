-- Called by next_cron where the offset changes nearby, so for a few days of a year.
--
-- The time around it is cut into ranges of one offset, each change found by halving to the second. In each range the
-- rule is searched in local time, as if in UTC, and the least instant of all ranges wins: local times do not follow
-- each other as instants do. Three rules meet there (docs/cron.md):
--
-- 1. A local time that the clock skips is moved forward by the length of the gap: searched with the offset before it.
-- 2. One that the clock shows twice: its first instant for a fixed rule, both for a running one (* or / in the time).
-- 3. What was found has to lie in its range, or else belongs to the next one.
create or replace function almanac_private.next_cron_at_transition(
  rule almanac_private.compiled_cron, timezone text, after bigint
) returns timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_zone constant text := next_cron_at_transition.timezone;
  v_at bigint := next_cron_at_transition.after;
  v_changes bigint[];
  v_offsets bigint[];
  v_from bigint;
  v_offset bigint;
  v_next_offset bigint;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_end bigint;
  v_start bigint;
  v_stop bigint;
  v_before bigint;
  v_local bigint;
  v_best bigint;
begin
  for v_try in 1 .. 1000 loop
    -- The changes of the clock from 25 h before to 49 h after, by bisection; nearly all are at a whole or half hour.
    v_from := v_at - 90000 - (v_at % 1800 + 1800) % 1800;
    v_end := v_from + 270000;
    v_offset := date_part('epoch', to_timestamp(v_from) at time zone v_zone)::bigint - v_from;
    v_changes := '{}';
    v_offsets := array[v_offset];
    while v_from < v_end loop
      v_low := v_from;
      v_high := v_from + 90000;
      v_from := v_high;
      v_next_offset := date_part('epoch', to_timestamp(v_high) at time zone v_zone)::bigint - v_high;
      if v_next_offset <> v_offset then
        while v_high - v_low > 1 loop
          v_middle := case when v_high - v_low > 1800 then v_low + (v_high - v_low) / 3600 * 1800
            when v_high - v_low = 1800 then v_high - 1
            else (v_low + v_high) / 2 end;
          if date_part('epoch', to_timestamp(v_middle) at time zone v_zone)::bigint - v_middle = v_offset then
            v_low := v_middle;
          else
            v_high := v_middle;
          end if;
        end loop;
        v_changes := v_changes || v_high;
        v_offsets := v_offsets || v_next_offset;
        v_offset := v_next_offset;
      end if;
    end loop;

    v_best := null;
    for v_segment in 1 .. cardinality(v_offsets) loop
      v_offset := v_offsets[v_segment];
      v_start := case when v_segment = 1 then v_at - 90000 else v_changes[v_segment - 1] end;
      v_stop := case when v_segment = cardinality(v_offsets) then v_end else v_changes[v_segment] end;
      continue when v_stop <= v_at;
      v_before := case when v_segment = 1 then v_offset else v_offsets[v_segment - 1] end;

      -- Shown by the clock in this range; for a fixed rule, what the clock has shown before is past.
      v_local := greatest(v_at + v_offset, v_start - 1 + case when rule.running then v_offset
        else greatest(v_offset, v_before) end);
      v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_local)))::bigint;
      if v_local - v_offset < v_stop then
        v_best := least(v_best, v_local - v_offset);
      end if;

      -- Skipped by the clock at its start: forward by the length of the gap.
      if v_before < v_offset then
        v_local := greatest(v_at + v_before, v_start - 1 + v_before);
        v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_local)))::bigint;
        if v_local < v_start + v_offset then
          v_best := least(v_best, v_local - v_before);
        end if;
      end if;
      exit when v_best < v_stop;
    end loop;
    if v_best is not null then
      return to_timestamp(v_best);
    end if;

    -- Nothing near it: on to a day before the next local time.
    v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_end - 1 + v_offset)))::bigint;
    if v_local is null then
      return null;
    end if;
    v_at := greatest(v_at + 90000, v_local - v_offset - 100000);
  end loop;
  return null;
end
$$;
comment on function almanac_private.next_cron_at_transition(almanac_private.compiled_cron, text, bigint) is
  'As next_cron, where the clock changes nearby (after: whole seconds of the epoch). A time that is skipped moves '
  'forward by the gap; a time shown twice is its first instant for a fixed rule and both for a running one; the '
  'least instant wins, as the order of local times is not that of instants.';
grant execute on function almanac_private.next_cron_at_transition(almanac_private.compiled_cron, text, bigint)
  to almanac_viewer;
