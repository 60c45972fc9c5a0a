do $$
begin
  if to_regtype('almanac.calendar_item') is null then
    create type almanac.calendar_item as (
      item text,
      schedule_id bigint,
      schedule_name text,
      schedule_status almanac.schedule_status,
      starts_at timestamptz,
      ends_at timestamptz,
      due_at timestamptz,
      run_id bigint,
      status almanac.run_status,
      trigger almanac.run_trigger,
      reason text,
      started_at timestamptz,
      finished_at timestamptz,
      attempt integer,
      max_attempts integer,
      total bigint,
      succeeded bigint,
      failed bigint,
      skipped bigint,
      running bigint,
      upcoming bigint,
      scheduled_for timestamptz,
      cancelled bigint,
      waiting bigint
    );
  end if;
end
$$;
comment on type almanac.calendar_item is
  'What a calendar shows: a run, an upcoming occurrence, an upcoming one that will not run, a bucket of many, a gap, '
  'a pile of what needs no one, or counts where there is too much for anything else.';
comment on column almanac.calendar_item.item is 'run, occurrence, omitted, bucket, omission, pile or density.';
comment on column almanac.calendar_item.starts_at is
  'When it is due; of a bucket its start, of a gap the first nominal time.';
comment on column almanac.calendar_item.ends_at is
  'End of a bucket or of what a pile or a density counts, last nominal time of a gap; null otherwise.';
comment on column almanac.calendar_item.reason is
  'For a run or a gap, its reason; for an upcoming occurrence: moved (manually), carried over (by Almanac, because its '
  'rule or its calendars changed while it was still to run), skipped, excluded or merged.';
comment on column almanac.calendar_item.scheduled_for is
  'Nominal time of a run or an occurrence: its identity, together with the schedule. It is due at another time if it '
  'was moved, postponed or delayed by jitter.';
comment on column almanac.calendar_item.schedule_status is 'Status of the schedule now; null: it no longer exists.';
comment on column almanac.calendar_item.total is 'How many occurrences and runs the item stands for.';
comment on column almanac.calendar_item.failed is 'How many of them failed or timed out.';
comment on column almanac.calendar_item.skipped is
  'How many of them did not run, or will not: skipped, excluded, merged, or in a gap.';
comment on column almanac.calendar_item.running is 'How many of them are running.';
comment on column almanac.calendar_item.waiting is 'How many of them wait: waiting, queued or retrying.';
comment on column almanac.calendar_item.cancelled is 'How many of them were cancelled.';
comment on column almanac.calendar_item.upcoming is 'How many of them are upcoming.';
