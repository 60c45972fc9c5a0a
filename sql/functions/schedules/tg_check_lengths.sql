create or replace function almanac_private.tg_check_lengths() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_new jsonb := to_jsonb(new);
  v_old jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  v_field text;
  v_most integer;
begin
  -- Arguments: a column, its limit, the next column, its limit, …
  for i in 0 .. tg_nargs / 2 - 1 loop
    v_field := tg_argv[i * 2];
    v_most := tg_argv[i * 2 + 1];
    continue when v_new -> v_field is not distinct from v_old -> v_field;
    perform almanac_private.check_text(v_field, v_new ->> v_field, v_most);
    if jsonb_typeof(v_new -> v_field) = 'object' and almanac_private.nests_too_deeply(v_new -> v_field) then
      raise exception using errcode = 'AL019', column = v_field,
        message = format('%s may be nested at most 100 levels deep.', v_field),
        detail = 'This one is nested deeper.', hint = 'Flatten it.';
    end if;
  end loop;
  return new;
end
$$;
comment on function almanac_private.tg_check_lengths() is
  'Before an insert or update: refuses texts that are longer than the trigger''s arguments say or change the direction '
  'of what is next to them, and JSON of more than 100 levels.';
