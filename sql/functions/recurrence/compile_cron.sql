create or replace function almanac_private.compile_cron(cron text) returns almanac_private.compiled_cron
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_parsed almanac_private.parsed_cron := almanac_private.parse_cron(compile_cron.cron);
begin
  if v_parsed.message is not null then
    raise exception using
      errcode = 'AL001',
      column = 'cron_expression',
      message = v_parsed.message,
      detail = case
        when v_parsed.error_index is null then format('In: %s', coalesce(left(compile_cron.cron, 100), 'null'))
        else format('%sposition %s of: %s', v_parsed.error_field || ', ', v_parsed.error_index + 1,
          left(compile_cron.cron, 100))
      end,
      hint = almanac_private.cron_hint(compile_cron.cron, v_parsed);
  end if;
  return almanac_private.compile_parsed_cron(v_parsed);
end
$$;
comment on function almanac_private.compile_cron(text) is
  'A cron text in the form that is kept on the row; raises AL001 with field, position and a hint if it is not valid.';
grant execute on function almanac_private.compile_cron(text) to almanac_viewer;
