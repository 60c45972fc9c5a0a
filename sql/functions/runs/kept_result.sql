create or replace function almanac_private.kept_result(result jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_bytes integer := octet_length(kept_result.result::text);
  v_why text := case
    when v_bytes > v_most then format('The result has %s bytes; up to %s are kept.', v_bytes, v_most)
    when almanac_private.nests_too_deeply(kept_result.result) then 'The result has more than 100 levels.'
  end;
begin
  return case when v_why is null then kept_result.result
    else jsonb_build_object('omitted', v_why, 'was', almanac_private.kept_text(kept_result.result::text, 1000)) end;
end
$$;
comment on function almanac_private.kept_result(jsonb) is
  'A result as it is kept: {"omitted": why, "was": its first characters} in the place of what is too large or nests '
  'deeply.';
