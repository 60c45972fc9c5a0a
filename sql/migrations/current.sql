-- The next migration, in the making.

select set_config('almanac.system', 'on', true);
insert into almanac_private.known_tasks (identifier, label, description, payload_schema, is_builtin) values
  ('almanac:http', 'HTTP request', 'Sends a request to a URL and keeps the answer as the result.',
   '{"type": "object", "required": ["url"], "properties": {'
   '"url": {"type": "string", "title": "URL", "pattern": "^(https?://|\\{\\{)", "maxLength": 2000}, '
   '"method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "title": "Method", '
   '"description": "POST where there is a body, else GET."}, '
   '"headers": {"type": "object", "title": "Headers", "maxProperties": 50, '
   '"propertyNames": {"pattern": "^[A-Za-z0-9!#$%&''*+.^_`|~-]+$", "maxLength": 100}, '
   '"additionalProperties": {"type": "string", "maxLength": 8000}}, '
   '"body": {"title": "Body", "description": "Text is sent as it is; anything else as JSON."}, '
   '"sign_with": {"type": "string", "title": "Sign with", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": 100, '
   '"description": "Name of the secret that signs the body."}, '
   '"expect_status": {"type": "array", "title": "Expected status", "minItems": 1, "maxItems": 20, '
   '"items": {"type": "integer", "minimum": 100, "maximum": 599}, "description": "Default: 200 to 299."}, '
   '"max_redirects": {"type": "integer", "title": "Redirects followed", "minimum": 0, "maximum": 5, "default": 0}, '
   '"timeout_seconds": {"type": "number", "title": "Timeout in seconds", "exclusiveMinimum": 0, "maximum": 3600, '
   '"default": 30}}, "additionalProperties": false, '
   '"examples": [{"url": "https://hooks.example.com/nightly", "method": "POST", "body": {"run": "{{run.id}}"}, '
   '"headers": {"authorization": "Bearer {{secret:HOOK_TOKEN}}"}}]}', true)
on conflict (identifier) do update
set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, is_builtin = true;
select set_config('almanac.system', '', true);
