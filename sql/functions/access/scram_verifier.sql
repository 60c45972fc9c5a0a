-- As worker/tasks/scram.ts, with one iteration: more of them slow down whoever guesses a person's password; 244 random
-- bits are not guessed.
create or replace function almanac_private.scram_verifier(password text) returns text
language sql volatile strict security invoker parallel safe
return (
  with salt as materialized (select uuid_send(gen_random_uuid()) as salt),
  salted as materialized (
    select salt.salt,
      almanac_private.hmac_sha256(convert_to(scram_verifier.password, 'UTF8'), salt.salt || '\x00000001'::bytea) as key
    from salt)
  select 'SCRAM-SHA-256$1:' || encode(salted.salt, 'base64')
    || '$' || encode(sha256(almanac_private.hmac_sha256(salted.key, 'Client Key'::bytea)), 'base64')
    || ':' || encode(almanac_private.hmac_sha256(salted.key, 'Server Key'::bytea), 'base64')
  from salted
);
comment on function almanac_private.scram_verifier(text) is
  'What PostgreSQL keeps of a password from new_password(): statements that create a login have this, never the '
  'password itself.';
