-- The next migration, in the making.

--!include functions/may_change.sql
