-- Called by write_logs, with its rights.
create or replace function almanac_private.cut_log(run_id bigint, scheduled_for timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_lines constant integer := (almanac_private.kept_log()).lines;
  v_bytes constant integer := (almanac_private.kept_log()).bytes;
begin
  -- What was cut before counts as one line.
  if (
    select sum(case when l.lines is null then 1 else l.line_count end) <= 2 * v_lines
      and sum(l.bytes) <= 2 * v_bytes
    from almanac.run_logs l where l.run_id = cut_log.run_id and l.scheduled_for = cut_log.scheduled_for
  ) then
    return;
  end if;
  with parts as (
    select l.attempt, l.first_line, l.line_count, l.lines is null as is_cut,
      sum(case when l.lines is null then 1 else l.line_count end) over head as head_lines,
      sum(l.bytes) over head as head_bytes,
      sum(case when l.lines is null then 1 else l.line_count end) over tail as tail_lines,
      sum(l.bytes) over tail as tail_bytes
    from almanac.run_logs l where l.run_id = cut_log.run_id and l.scheduled_for = cut_log.scheduled_for
    window head as (order by l.attempt, l.first_line), tail as (order by l.attempt desc, l.first_line desc)
  ), middle as (
    select p.attempt, min(p.first_line) as first_line, max(p.first_line + p.line_count) as next_line,
      bool_and(p.is_cut) and count(*) = 1 as is_cut
    from parts p
    where (p.head_lines > v_lines or p.head_bytes > v_bytes) and (p.tail_lines > v_lines or p.tail_bytes > v_bytes)
    group by p.attempt
  ), gone as (
    delete from almanac.run_logs l using middle m
    where l.run_id = cut_log.run_id and l.scheduled_for = cut_log.scheduled_for and l.attempt = m.attempt
      and l.first_line > m.first_line and l.first_line < m.next_line
  )
  update almanac.run_logs l
  set lines = null, bytes = 0, cut_because = 'bound', line_count = m.next_line - m.first_line
  from middle m
  where l.run_id = cut_log.run_id and l.scheduled_for = cut_log.scheduled_for and l.attempt = m.attempt
    and l.first_line = m.first_line and not m.is_cut;
end
$$;
comment on function almanac_private.cut_log(bigint, timestamptz) is
  'Cuts the middle of what a run has logged, and notes how many lines that are, where it is more than '
  'kept_log() of its beginning and of its end.';
