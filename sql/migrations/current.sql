-- The next migration, in the making.

--!include functions/planning/closed_times.sql
