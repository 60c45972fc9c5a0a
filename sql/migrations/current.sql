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
insert into almanac_private.known_tasks (identifier, label, description, payload_schema, is_builtin) values
  ('almanac:email', 'E-mail', 'Sends a message by the mail server of the worker.',
   '{"type": "object", "required": ["to", "subject"], "properties": {'
   '"to": {"$ref": "#/$defs/addresses", "title": "To", "minItems": 1}, '
   '"cc": {"$ref": "#/$defs/addresses", "title": "Cc"}, "bcc": {"$ref": "#/$defs/addresses", "title": "Bcc"}, '
   '"subject": {"type": "string", "title": "Subject", "minLength": 1, "maxLength": 500, "pattern": "^[^\r\n]*$"}, '
   '"text": {"type": "string", "title": "Text", "contentMediaType": "text/plain", "maxLength": 200000}, '
   '"html": {"type": "string", "title": "HTML", "contentMediaType": "text/html", "maxLength": 200000}}, '
   '"anyOf": [{"required": ["text"]}, {"required": ["html"]}], "additionalProperties": false, '
   '"$defs": {"addresses": {"type": "array", "maxItems": 50, '
   '"items": {"type": "string", "format": "email", "maxLength": 254}}}, '
   '"examples": [{"to": ["ann@example.com"], "subject": "Done", "text": "Run {{run.id}} has ended."}]}', true),
  ('almanac:report', 'Report', 'Sends the rows of a query as CSV, JSON or an HTML table, by e-mail or to a URL.',
   '{"type": "object", "required": ["statement", "format"], "properties": {'
   '"statement": {"type": "string", "title": "Query", "pattern": "\\S", "contentMediaType": "application/sql"}, '
   '"format": {"enum": ["csv", "json", "html"], "title": "Format"}, '
   '"email": {"type": "object", "title": "E-mail", "required": ["to", "subject"], "properties": {'
   '"to": {"$ref": "#/$defs/addresses", "title": "To", "minItems": 1}, '
   '"cc": {"$ref": "#/$defs/addresses", "title": "Cc"}, "bcc": {"$ref": "#/$defs/addresses", "title": "Bcc"}, '
   '"subject": {"type": "string", "title": "Subject", "minLength": 1, "maxLength": 500, "pattern": "^[^\\r\\n]*$"}, '
   '"text": {"type": "string", "title": "Text", "contentMediaType": "text/plain", "maxLength": 20000, '
   '"description": "What stands over the rows."}, '
   '"filename": {"type": "string", "title": "File name", "pattern": "^[A-Za-z0-9][A-Za-z0-9 ._-]*$", '
   '"maxLength": 100}}, '
   '"additionalProperties": false}, '
   '"request": {"type": "object", "title": "Request", "required": ["url"], "properties": {'
   '"url": {"type": "string", "title": "URL", "pattern": "^(https?://|\\{\\{)", "maxLength": 2000}, '
   '"method": {"enum": ["POST", "PUT", "PATCH"], "title": "Method", "default": "POST"}, '
   '"headers": {"type": "object", "title": "Headers", "maxProperties": 50, '
   '"propertyNames": {"pattern": "^[A-Za-z0-9!#$%&''*+.^_`|~-]+$", "maxLength": 100}, '
   '"additionalProperties": {"type": "string", "maxLength": 8000}}, '
   '"sign_with": {"type": "string", "title": "Sign with", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": 100, '
   '"description": "Name of the secret that signs the body."}, '
   '"expect_status": {"type": "array", "title": "Expected status", "minItems": 1, "maxItems": 20, '
   '"items": {"type": "integer", "minimum": 100, "maximum": 599}, "description": "Default: 200 to 299."}, '
   '"max_redirects": {"type": "integer", "title": "Redirects followed", "minimum": 0, "maximum": 5, "default": 0}, '
   '"timeout_seconds": {"type": "number", "title": "Timeout in seconds", "exclusiveMinimum": 0, "maximum": 3600, '
   '"default": 30}}, "additionalProperties": false}, '
   '"max_rows": {"type": "integer", "title": "Rows at most", "minimum": 1, "maximum": 100000, "default": 10000}, '
   '"when_empty": {"enum": ["send", "skip"], "title": "Without rows", "default": "send"}}, '
   '"oneOf": [{"required": ["email"]}, {"required": ["request"]}], "additionalProperties": false, '
   '"$defs": {"addresses": {"type": "array", "maxItems": 50, '
   '"items": {"type": "string", "format": "email", "maxLength": 254}}}, '
   '"examples": [{"statement": "select * from sales where day = current_date - 1", "format": "csv", '
   '"email": {"to": ["ann@example.com"], "subject": "Sales of yesterday"}}]}', true)
on conflict (identifier) do update set label = excluded.label, description = excluded.description,
  payload_schema = excluded.payload_schema;
set local almanac.system to off;

--!include functions/access/is_statement_task.sql
--!include functions/access/check_may_run_sql.sql
--!include functions/access/check_task_use.sql
--!include functions/access/open_sql_login.sql
--!include functions/schedules/tg_set_identity.sql
--!include functions/runs/holders_of_slots.sql
--!include functions/runs/runs_blocked_because.sql
--!include functions/runs/runs_without_room.sql
