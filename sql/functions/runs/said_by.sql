create or replace function almanac_private.said_by(verb text, reason text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if length(said_by.reason) > 1000 then
    perform almanac_private.refuse_size('reason', 1000, length(said_by.reason));
  end if;
  return format('%s by %s%s', said_by.verb, almanac_private.actor(), ': ' || nullif(btrim(said_by.reason), ''));
end
$$;
comment on function almanac_private.said_by(text, text) is
  'Who did something to a run, and why: "cancelled by ann: wrong data". Raises AL019 above 1,000 characters.';
