create or replace function almanac_private.new_password() returns text
language sql volatile security invoker parallel safe
return replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
comment on function almanac_private.new_password() is
  'A password of 244 random bits for a login. It is made here as PostgreSQL logs what it is sent, and not what it '
  'answers.';
