create or replace function almanac_private.note_what_is_deleted(partition regclass) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  execute format('create or replace trigger _800_note_deleted after delete on %s referencing old table as old_rows
    for each statement execute function almanac_private.tg_note_deleted()', note_what_is_deleted.partition);
  execute format('create or replace trigger _800_note_truncated before truncate on %s
    for each statement execute function almanac_private.tg_note_deleted()', note_what_is_deleted.partition);
end
$$;
comment on function almanac_private.note_what_is_deleted(regclass) is
  'Has a partition of runs note what is deleted from it directly: triggers for statements belong to the table that a '
  'statement names.';
