-- The next migration, in the making.
set local almanac.system to on;
update almanac_private.known_tasks set description = 'Runs SQL statements as the login made for their role.',
  payload_schema =
   '{"type": "object", "required": ["statement"], "properties": {"statement": {"type": "string", "title": "Statement", '
   '"pattern": "\\S", "contentMediaType": "application/sql"}, '
   '"then": {"type": "array", "title": "Then", "maxItems": 100, '
   '"description": "Statements that follow, each in a transaction of its own.", '
   '"items": {"type": "string", "pattern": "\\S", "contentMediaType": "application/sql"}}}, '
   '"additionalProperties": false, "examples": [{"statement": "refresh materialized view sales"}, '
   '{"statement": "vacuum orders", "then": ["vacuum items"]}]}'
where identifier = 'almanac:sql';
set local almanac.system to off;
