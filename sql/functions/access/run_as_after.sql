create or replace function almanac_private.run_as_after(run_as name, editor name) returns name
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return case
  when exists (select from pg_roles r where r.rolname = run_as_after.run_as
    and pg_has_role(run_as_after.editor, r.oid, 'member'))
  then run_as_after.run_as
  else run_as_after.editor
end;
comment on function almanac_private.run_as_after(name, name) is
  'The role that a schedule runs as once someone has changed what it runs: its own where the editor is a member of it '
  '(a team keeps its schedule), otherwise the editor''s, so that no one''s text runs with rights that they do not '
  'have.';
grant execute on function almanac_private.run_as_after(name, name) to almanac_viewer;
