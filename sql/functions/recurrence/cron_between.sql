-- A range of occurrences in one call, where next_cron would be called for each. It must name exactly the same ones, and
-- takes one of three ways, chosen again as it advances:
--   * steady: from v_steady to v_until the zone is known to keep v_offset, so times are searched as in UTC and shifted.
--     That is known from equal offsets at two moments closer than any two changes of a zone can be.
--   * dense: within that, a rule with more than 8 times a day, of which at least an eighth are wanted, has the times of
--     a day listed once (v_times) and each day returned by one statement.
--   * next_cron, where the offset changes before v_until, or where occurrences are so far apart (over a million
--     seconds) that to prove the offset steady would cost more than to search.
create or replace function almanac_private.cron_between(
  rule almanac_private.compiled_cron, timezone text, after timestamptz, range_end timestamptz,
  max_count bigint default null
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_zone constant text := cron_between.timezone;
  v_at bigint;
  v_end bigint := 1000000000000000;
  v_left bigint := coalesce(cron_between.max_count, 9223372036854775807);
  v_is_dense boolean;
  v_is_sparse boolean := false;
  v_offset bigint := 0;
  v_steady bigint := 1000000000000000;
  v_local bigint;
  v_until bigint;
  v_times integer[];
  v_count bigint;
begin
  if (cron_between.after > '-infinity' and cron_between.after < '290000-01-01Z') is not true
    or cron_between.range_end <= cron_between.after or rule.months = 0 or v_left <= 0
  then
    return;
  end if;
  -- numeric: a double has no microseconds after 2255
  v_at := floor(extract(epoch from greatest(cron_between.after, '0002-01-01Z')))::bigint;
  if cron_between.range_end < 'infinity' then
    v_end := ceil(extract(epoch from cron_between.range_end))::bigint;
  end if;
  -- A list of the times of a day is worth it where a day has many and an eighth of them is wanted.
  v_count := bit_count(rule.hours::bit(24)) * bit_count(rule.minutes::bit(60)) * bit_count(rule.seconds::bit(60));
  v_is_dense := v_count > 8 and least(v_left, v_count * (v_end - v_at)::float8 / 86400) * 8 > v_count;
  if v_zone <> 'UTC' then
    v_steady := v_at - 90000;
    v_offset := date_part('epoch', to_timestamp(v_steady) at time zone v_zone)::bigint - v_steady;
  end if;

  while v_left > 0 loop
    if not v_is_sparse then
      -- As if the offset of 25 h ago stayed.
      v_local := date_part('epoch', almanac_private.search_cron(rule, 'UTC', to_timestamp(v_at + v_offset)))::bigint;
      v_until := least(v_end, v_local - v_offset + case when v_is_dense then 86399 - (v_local % 86400 + 86400) % 86400
        else 0 end);
      v_is_sparse := v_until - v_steady > 1000000;
      -- Equal offsets less than 344,000 s apart have no change between them.
      while v_steady < v_until and not v_is_sparse loop
        if date_part('epoch', to_timestamp(v_steady + 340000) at time zone v_zone) = v_steady + 340000 + v_offset then
          v_steady := v_steady + 340000;
        elsif v_until <= v_steady + 340000
          and date_part('epoch', to_timestamp(v_until) at time zone v_zone) = v_until + v_offset
        then
          v_steady := v_until;
        else
          exit;
        end if;
      end loop;
    end if;

    if v_steady < v_until or v_is_sparse then
      v_at := date_part('epoch', almanac_private.next_cron(rule, v_zone, to_timestamp(v_at)))::bigint;
      exit when v_at is null or v_at >= v_end;
      return next to_timestamp(v_at);
      v_left := v_left - 1;
      if not v_is_sparse then
        v_steady := v_at - 90000;
        v_offset := date_part('epoch', to_timestamp(v_steady) at time zone v_zone)::bigint - v_steady;
      end if;
      continue;
    end if;

    v_at := v_local - v_offset;
    exit when v_at is null or v_at >= v_end;
    if v_is_dense then
      if v_times is null then
        v_times := array(
          with hours as materialized (select n from generate_series(0, 23) n where rule.hours >> n & 1 = 1),
            minutes as materialized (select n from generate_series(0, 59) n where rule.minutes >> n & 1 = 1),
            seconds as materialized (select n from generate_series(0, 59) n where rule.seconds >> n & 1 = 1)
          select h.n * 3600 + m.n * 60 + s.n from hours h, minutes m, seconds s order by 1
        );
      end if;
      v_until := v_local - (v_local % 86400 + 86400) % 86400 - v_offset;
      return query
      select to_timestamp(v_until + t.at) from unnest(v_times) t(at)
        where v_until + t.at >= v_at and v_until + t.at < v_end limit v_left;
      get diagnostics v_count = row_count;
      v_left := v_left - v_count;
      v_at := v_until + 86399;
    else
      return next to_timestamp(v_at);
      v_left := v_left - 1;
    end if;
  end loop;
end
$$;
comment on function almanac_private.cron_between(
  almanac_private.compiled_cron, text, timestamptz, timestamptz, bigint
) is
  'The occurrences of a compiled rule strictly after a moment and before range_end, at most max_count: those of '
  'next_cron. While the zone keeps its offset they are searched as in UTC, and a whole day is listed at once where '
  'the rule has many.';
grant execute on function almanac_private.cron_between(
  almanac_private.compiled_cron, text, timestamptz, timestamptz, bigint
) to almanac_viewer;
