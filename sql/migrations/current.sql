-- The next migration, in the making.
drop function if exists almanac_private.within_limits(bigint[], timestamptz);
--!include functions/firing/within_limits.sql
--!include functions/firing/fire_due.sql
--!include functions/firing/rearm.sql
--!include functions/firing/record_verdicts.sql
