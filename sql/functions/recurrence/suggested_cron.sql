-- Called when a text is not cron, for the hint of its error: what was probably meant, in our words. Nothing is guessed
-- that could mean two things, and whatever comes out is parsed once more before it is said.
--
-- From the outside in: quotes and characters that only look like others; a time zone before, cron(…) around; lists
-- with blanks or semicolons; a field that was left out; a year, a user or a command after the fifth field; and at last
-- each item by itself (suggested_cron_item). With a year the text is of Quartz or AWS, where Sunday is 1: its numbers
-- of weekdays become names, so that no day moves.
create or replace function almanac_private.suggested_cron(written text, out cron text, out why text)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_text text := almanac_private.plain_cron(left(suggested_cron.written, 1024));
  v_plain text;
  v_words text[];
  v_fields text[];
  v_shift integer;
  v_has_year boolean;
begin
  if v_text <> suggested_cron.written then
    v_plain := substring(suggested_cron.written from '[^\u0020-\u007e\t\r\n]');
    why := case
      when v_plain is null then 'Quotes and backslashes are for the shell, not part of the expression.'
      else format('Only plain characters are accepted: %s is U+%s.',
        case when v_plain ~ '[\u0001-\u001f\u0085\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]'
          then 'an invisible character, or one that looks like a space,'
          else v_plain end, upper(lpad(to_hex(ascii(v_plain)), 4, '0')))
    end;
  end if;
  if v_text ~* '^\s*(CRON_)?TZ\s*=\s*\S+\s' then
    v_text := regexp_replace(v_text, '^\s*(CRON_)?TZ\s*=\s*\S+\s+', '', 'i');
    why := 'The time zone is a separate setting, timezone.';
  end if;
  v_has_year := v_text ~* '^\s*cron\s*\(.*\)\s*$';
  if v_has_year then
    v_text := regexp_replace(v_text, '^\s*cron\s*\(\s*(.*?)\s*\)\s*$', '\1', 'i');
  end if;

  -- Lists: 1, 3, 5; MON - FRI; mon tue; MON;FRI.
  v_text := regexp_replace(v_text, '[;.]\s*$', '');
  v_plain := regexp_replace(regexp_replace(v_text, '(\w)\s*;\s*(?=\w)', '\1,', 'g'), '\s*,+\s*', ',', 'g');
  v_plain := regexp_replace(regexp_replace(v_plain, '(\w) +- +(?=\w)', '\1-', 'g'), '([*\w]) */ +(?=\d)', '\1/', 'g');
  v_plain := regexp_replace(v_plain, '(\m(?:SUN|MON|TUE|WED|THU|FRI|SAT)[A-Z]*) +(?=(?:SUN|MON|TUE|WED|THU|FRI|SAT))',
    '\1,', 'gi');
  if v_plain <> v_text then
    why := coalesce(why, 'A list has commas and no spaces.');
    v_text := v_plain;
  end if;

  if (almanac_private.parse_cron(v_text)).message is null then
    cron := btrim(regexp_replace(v_text, '[ \t\r\n]+', ' ', 'g'));
    why := coalesce(why, 'Nothing follows the last field.');
    return;
  end if;
  v_words := array_remove(string_to_array(translate(v_text, E'\t\r\n', '   '), ' '), '');
  if cardinality(v_words) = 1 and v_words[1] ~ '^([*]/\d+|[*])$' then
    v_words := v_words || array['*', '*', '*', '*'];
    why := coalesce(why, 'The other four fields are required too.');
  elsif cardinality(v_words) = 1 and v_words[1] ~ '^\d{1,2}:\d\d$' then
    v_words := array[ltrim(split_part(v_words[1], ':', 2), '0'), split_part(v_words[1], ':', 1), '*', '*', '*'];
    v_words[1] := coalesce(nullif(v_words[1], ''), '0');
    why := coalesce(why, 'The minute comes before the hour.');
  end if;

  -- A year, which has no field; there, in Quartz and AWS, Sunday is 1.
  if cardinality(v_words) in (6, 7) and v_words[cardinality(v_words)] ~ '^([*?]|(19|20)\d\d(-(19|20)?\d\d)?)$'
    and (v_has_year or cardinality(v_words) = 7 or v_words[6] !~ '^[*]$' or v_words[5] like '%?%'
      or v_words[3] like '%?%')
  then
    v_has_year := true;
    v_plain := v_words[cardinality(v_words)];
    v_words := trim_array(v_words, 1);
    if array_to_string(v_words, ' ') like '%?%' and v_words[cardinality(v_words)] ~ '\d' then
      if v_words[cardinality(v_words)] ~ '(^|[,-])([08-9]|\d\d)' then
        return;
      end if;
      v_words[cardinality(v_words)] := almanac_private.cron_day_names(v_words[cardinality(v_words)], 1);
    end if;
    why := concat_ws(' ', why, 'There is no field for the year' || case when v_plain ~ '\d'
      then ': starts_at and ends_at are the bounds.' else '.' end);
  elsif cardinality(v_words) > 5 and v_words[6] ~ '[a-z/]{2,}|^[~.$]'
    and v_words[6] !~* '^[*\d]|^(sun|mon|tue|wed|thu|fri|sat)' then
    v_plain := v_words[6];
    v_words := v_words[1:5];
    why := concat_ws(' ', why, case when v_plain ~ '^[A-Z][A-Za-z]+/[A-Z]'
      then 'The time zone is a separate setting, timezone.'
      else 'The task says what runs, and there is no field for a user.' end);
  end if;
  if cardinality(v_words) not in (5, 6) then
    return;
  end if;

  v_shift := 6 - cardinality(v_words);
  v_fields := array(
    select coalesce((
      select string_agg(almanac_private.suggested_cron_item(f::integer + v_shift, i), ',' order by n)
      from string_to_table(w, ',') with ordinality x(i, n) where i <> ''), w)
    from unnest(v_words) with ordinality x(w, f) order by f
  );
  if array_to_string(v_words, ' ') ~ '\mH\M' then
    why := coalesce(why, 'To spread runs use jitter.');
  end if;
  cron := array_to_string(v_fields, ' ');
  if (almanac_private.parse_cron(cron)).message is not null then
    cron := null;
  end if;
end
$$;
comment on function almanac_private.suggested_cron(text) is
  'A valid cron text in place of one that is not, where the intention is clear, and what is wrong with the other; '
  'null: it cannot.';
grant execute on function almanac_private.suggested_cron(text) to almanac_viewer;
