create or replace function almanac_private.said_by(verb text, reason text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_text('reason', said_by.reason, 1000);
  return format('%s by %s%s', said_by.verb, almanac_private.actor(), ': ' || nullif(btrim(said_by.reason), ''));
end
$$;
comment on function almanac_private.said_by(text, text) is
  'Who did something to a run, and why: "cancelled by ann: wrong data". Raises AL019 above 1,000 characters, and '
  'for what changes the direction of text.';
