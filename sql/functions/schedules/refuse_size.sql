create or replace function almanac_private.refuse_size(field text, most integer, size integer) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'AL019', column = refuse_size.field,
    message = format('%s has at most %s characters.', refuse_size.field, refuse_size.most),
    detail = format('This one has %s.', refuse_size.size),
    hint = 'Shorten it, or store the rest elsewhere and say where.';
end
$$;
comment on function almanac_private.refuse_size(text, integer, integer) is 'Raises AL019 for a text that is too long.';
grant execute on function almanac_private.refuse_size(text, integer, integer) to almanac_viewer;
