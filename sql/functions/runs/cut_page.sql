create or replace function almanac_private.cut_page(page almanac.run_page, most integer) returns almanac.run_page
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if cardinality(page.run_ids) > cut_page.most then
    page.next := almanac_private.written_place(page.scheduled_fors[cut_page.most], page.run_ids[cut_page.most]);
  end if;
  page.run_ids := coalesce(page.run_ids[:cut_page.most], '{}');
  page.scheduled_fors := coalesce(page.scheduled_fors[:cut_page.most], '{}');
  return page;
end
$$;
comment on function almanac_private.cut_page(almanac.run_page, integer) is
  'A page of at most so many runs: of more, next says where the others begin.';
