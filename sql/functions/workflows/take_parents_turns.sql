-- Called by finish_runs, which has written the ends and holds their runs locked, with its rights and settings.
--
-- Two calls at one moment do not see each other's ends. Where both may matter, the second waits here until the first is
-- committed, for as long as a batch takes, and then sees it: of a parent with steps that wait, and of one whose
-- youngest child is running, so may be ending. Of a long list the youngest is queued until the last moment, so nothing
-- waits.
--
-- Only what a worker calls by itself takes these turns, in the order of their names and before those of groups, and
-- anyone who has one waits for nothing but those: so no one waits in a circle, or for a person's transaction. Sixteen
-- turns, as a row for each parent would have to be removed with it.
create or replace function almanac_private.take_parents_turns(parent_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_turn text;
begin
  for v_turn in
    select distinct format('parents %s', to_char(p.id % 16, 'FM00')) as turn
    from unnest(take_parents_turns.parent_ids) p(id)
    where exists (
        select from almanac_private.live_runs l where l.parent_id = p.id and l.is_waiting)
      or exists (
        select from (
          select c.run_id, c.scheduled_for from almanac_private.live_runs c where c.parent_id = p.id
          order by c.run_id desc limit 1) y
        join almanac.runs r on r.id = y.run_id and r.scheduled_for = y.scheduled_for
        where case when r.status = 'running' then true else false end)
    order by turn
  loop
    perform almanac_private.take_turn(v_turn);
  end loop;
end
$$;
comment on function almanac_private.take_parents_turns(bigint[]) is
  'Waits until what others end of these parent runs at this moment is committed, where it may decide what follows.';
