-- Definer: the sequences are the owner's. Ids that a sequence gives out are never behind their table; rows that came
-- with their ids, by logical replication or from a dump of data only, leave it behind. The highest id is the end of an
-- index, in each partition.
create or replace function almanac_private.raise_sequences(
  out sequence_name text, out was_at bigint, out raised_to bigint
)
returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_column record;
begin
  perform almanac_private.take_turn('sequences');
  for v_column in
    select s.oid::regclass as sequence, a.attrelid::regclass as table_name, a.attname as name
    from pg_class s
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refclassid = 'pg_class'::regclass
      and d.deptype in ('a', 'i')
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where s.relkind = 'S'
      and s.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace, 'graphile_worker'::regnamespace)
    order by s.oid::regclass::text
  loop
    continue when not has_sequence_privilege(v_column.sequence, 'update'); -- Graphile Worker's may be a host's
    execute format('select max(%I) from %s', v_column.name, v_column.table_name) into raise_sequences.raised_to;
    raise_sequences.was_at := coalesce(pg_sequence_last_value(v_column.sequence), 0);
    continue when raise_sequences.raised_to is null or raise_sequences.raised_to <= raise_sequences.was_at;
    perform setval(v_column.sequence, raise_sequences.raised_to);
    raise_sequences.sequence_name := v_column.sequence;
    return next;
  end loop;
end
$$;
comment on function almanac_private.raise_sequences() is
  'Raises the sequences of ids, also Graphile Worker''s, that are behind their tables, and says which were.';
grant execute on function almanac_private.raise_sequences() to almanac_worker;
