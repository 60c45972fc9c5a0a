create or replace function almanac_private.regex_of(pattern text) returns text
language plpgsql immutable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  -- Spelled out: what PostgreSQL takes for white space depends on its version and locale.
  v_space constant text := '\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
  v_regex text := '';
  v_rest text := regex_of.pattern;
  v_in_class boolean := false;
  v_token text;
  v_repeats integer[];
begin
  while v_rest <> '' loop
    -- One token: an escape, a group's beginning, a repetition, or a character.
    v_token := (regexp_match(v_rest, '^(?:\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\c[A-Za-z]|\\.|'
      || case when v_in_class then '' else '\(\?(?:<[=!]|.)?|\[\^?\]?|\{\d+(?:,\d*)?\}|' end || '.)'))[1];
    v_rest := substr(v_rest, length(v_token) + 1);
    if v_token ~ '^\\[uxc].' then
      v_regex := v_regex || replace(v_token, '\x', '\u00');
    elsif v_token in ('\d', '\w', '\s') then
      -- Of ASCII alone in JavaScript.
      v_token := case v_token when '\d' then '0-9' when '\w' then 'A-Za-z0-9_' else v_space end;
      v_regex := v_regex || case when v_in_class then v_token else '[' || v_token || ']' end;
    elsif v_token in ('\D', '\W', '\S') then
      if v_in_class then
        return null;
      end if;
      v_regex := v_regex || case v_token when '\D' then '[^0-9]' when '\W' then '[^A-Za-z0-9_]'
        else '[^' || v_space || ']' end;
    elsif v_token in ('\b', '\B') then
      v_regex := v_regex || case when not v_in_class then case v_token when '\b' then '\y' else '\Y' end
        when v_token = '\b' then '\u0008' end;
    elsif v_token ~ '^\\[fnrtv]$' or v_token ~ '^\\[^A-Za-z0-9]$' then
      v_regex := v_regex || v_token;
    elsif v_token like '\\_' or v_token = '\' then
      return null; -- a back reference, a property of Unicode, or nothing that JavaScript knows
    elsif v_in_class then
      v_in_class := v_token <> ']';
      v_regex := v_regex || case when v_token = '[' then '\[' else v_token end;
    elsif v_token like '[%' then
      if v_token like '%]' then
        return null; -- nothing, or anything
      end if;
      v_in_class := true;
      v_regex := v_regex || v_token;
    elsif v_token = '.' then
      v_regex := v_regex || '[^\n\r\u2028\u2029]';
    elsif v_token like '(?%' then
      if v_token not in ('(?:', '(?=', '(?!', '(?<=', '(?<!') then
        return null;
      end if;
      v_regex := v_regex || v_token;
    elsif v_token like '{_%' then
      v_repeats := string_to_array(trim(both '{}' from v_token), ',', '')::integer[];
      if greatest(v_repeats[1], v_repeats[2]) > 255 then
        return null;
      end if;
      v_regex := v_regex || v_token;
    else
      v_regex := v_regex || v_token;
    end if;
  end loop;
  if v_in_class or v_regex like '***%' then
    return null;
  end if;
  perform '' ~ v_regex;
  return v_regex;
exception when invalid_regular_expression or numeric_value_out_of_range or invalid_text_representation then
  return null;
end
$$;
comment on function almanac_private.regex_of(text) is
  'A regular expression of JSON Schema (ECMA-262, flag u) as PostgreSQL writes it; null if PostgreSQL cannot say it or '
  'it is not one: no back references, properties of Unicode, named groups, repetitions above 255.';
grant execute on function almanac_private.regex_of(text) to almanac_viewer;
