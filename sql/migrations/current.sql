-- The next migration, in the making.

-- The fields of forms in the order in which they are read: jsonb does not keep that of properties.
set local almanac.system to on;
update almanac_private.known_tasks t set payload_schema = t.payload_schema || o.x_order
from (values
  ('almanac:sql', '{"x-order": ["statement", "then"]}'::jsonb),
  ('almanac:http', '{"x-order": ["url", "method", "headers", "body", "sign_with", "expect_status", "max_redirects",'
    '"timeout_seconds"]}'),
  ('almanac:email', '{"x-order": ["to", "cc", "bcc", "subject", "text", "html"]}'),
  ('almanac:report', '{"x-order": ["statement", "format", "email", "request", "max_rows", "when_empty"]}')
) o (identifier, x_order)
where t.identifier = o.identifier;
update almanac_private.known_tasks set payload_schema = jsonb_set(jsonb_set(payload_schema,
  '{properties,email,x-order}', '["to", "cc", "bcc", "subject", "text", "filename"]'),
  '{properties,request,x-order}', '["url", "method", "headers", "sign_with", "expect_status", "max_redirects",'
    '"timeout_seconds"]')
where identifier = 'almanac:report';
set local almanac.system to off;
