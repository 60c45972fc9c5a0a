create or replace function almanac_private.kept_text(text text, most integer) returns text
language sql immutable parallel safe
-- One that was cut already, and ends in …, stays as it is.
return case when length(text) > most + 1 then left(text, most) || '…' else text end;
comment on function almanac_private.kept_text(text, integer) is
  'A text as it is kept: cut, and ended with …, if it has more characters than that.';
