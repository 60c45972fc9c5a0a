insert into almanac.ledger_checks (checked_at, range_start, range_end, unchecked_since, found, counts, findings, took_ms, stale_at) values
  ('2100-01-01T11:17:00Z', '2099-12-31T10:17:00Z', '2100-01-01T11:17:00Z', null, 0, '{}', '[]', 2100, '2100-01-01T13:17:00Z'),
  ('2100-01-01T12:17:00Z', '2100-01-01T10:17:00Z', '2100-01-01T12:17:00Z', '2099-12-29T12:17:00Z', 1, '{"missing": 1}',
   '[{"problem": "missing", "schedule_id": "1", "schedule_name": "seed.nightly", "scheduled_for": "2100-01-01T11:30:00+00:00", "detail": "It has no outcome: there is no run, and no gap includes it."}]',
   480, '2100-01-01T14:17:00Z');
