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
   '"examples": [{"to": ["ann@example.com"], "subject": "Done", "text": "Run {{run.id}} has ended."}]}', true)
on conflict (identifier) do update set label = excluded.label, description = excluded.description,
  payload_schema = excluded.payload_schema;
set local almanac.system to off;
