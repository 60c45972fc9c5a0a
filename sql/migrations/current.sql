-- The next migration, in the making.

--!include functions/groups/set_resource_group.sql
