create or replace function almanac_private.check_timezone(timezone text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_close text;
begin
  if exists (select from almanac_private.timezones t where t.name = check_timezone.timezone) then
    return;
  end if;
  v_close := (select t.name from almanac_private.timezones t where lower(t.name) = lower(check_timezone.timezone));
  v_close := coalesce(v_close, (select min(t.name) from almanac_private.timezones t
    where lower(split_part(t.name, '/', -1)) = lower(replace(split_part(check_timezone.timezone, '/', -1), ' ', '_'))));
  raise exception using errcode = 'AL002', column = 'timezone', message = format('%s is not a time zone.', coalesce(quote_literal(check_timezone.timezone), 'null')),
    detail = 'Only IANA names are taken, in their own spelling; no offsets, no POSIX rules.',
    hint = case when v_close is null then 'For instance UTC or Europe/Paris. Look at: select name from pg_timezone_names.' else format('Perhaps %s.', v_close) end;
end
$$;
comment on function almanac_private.check_timezone(text) is 'Raises AL002 unless the name is one that this server knows.';
grant execute on function almanac_private.check_timezone(text) to almanac_viewer;
