-- Joiners have no width, and some scripts need them. They are allowed where Unicode's identifiers have them (UAX #31,
-- rules A1, A2 and B), as there they change what is seen: ZWNJ parts two letters of Arabic script that would join;
-- either one after a virama keeps it seen or within the letter; ZWJ makes one picture of several, of people and of
-- those listed here. What is allowed is replaced by a letter, and what is left keeps its places.
create or replace function almanac_private.check_visible(field text, name text) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_joined constant text := '[\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687'
    || '\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]';
  v_arabic constant text := '[\u0622-\u063f\u0641-\u064a\u066e\u066f\u0671-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef'
    || '\u06fa-\u06fc\u06ff]';
  v_vowels constant text := '[\u064b-\u065f\u0670]*';
  -- Consonants of scripts whose letters conjoin, with a nukta, and their viramas.
  v_consonant constant text := '[\u0915-\u0939\u0958-\u095f\u0995-\u09b9\u09dc-\u09df\u09f0\u09f1\u0a95-\u0ab9'
    || '\u0b15-\u0b39\u0b5c-\u0b5f\u0c15-\u0c39\u0c95-\u0cb9\u0d15-\u0d3a\u0d9a-\u0dc6]';
  v_virama constant text := '[\u093c\u09bc\u0abc\u0b3c\u0cbc]?[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u0dca]';
  v_person constant text := '[\U0001f466-\U0001f469\U0001f9d1][\U0001f3fb-\U0001f3ff]?';
  -- What someone does or has, and whom they are with.
  v_with constant text := '[\u2695\u2696\u2708\u2764\U0001f33e\U0001f373\U0001f37c\U0001f384\U0001f393\U0001f3a4'
    || '\U0001f3a8\U0001f3eb\U0001f3ed\U0001f466-\U0001f469\U0001f48b\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680'
    || '\U0001f692\U0001f91d\U0001f9af\U0001f9b0-\U0001f9b3\U0001f9bc\U0001f9bd\U0001f9d1\U0001f9d2\U0001fa70]';
  -- Who comes as a woman and as a man.
  v_either constant text := '(?:[\u26f9\U0001f3c3\U0001f3c4\U0001f3ca-\U0001f3cc\U0001f46e\U0001f46f\U0001f470'
    || '\U0001f471\U0001f473\U0001f477\U0001f481\U0001f482\U0001f486\U0001f487\U0001f575\U0001f645-\U0001f647\U0001f64b'
    || '\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f926\U0001f935\U0001f937-\U0001f939'
    || '\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf\U0001f9d4\U0001f9d6-\U0001f9df]'
    || '[\ufe0f\U0001f3fb-\U0001f3ff]?)';
  v_seen text := check_visible.name;
  v_hidden text;
begin
  if v_seen ~ '[\u200c\u200d\ufe0e\ufe0f\U000e0000-\U000e0fff]' then
    v_seen := regexp_replace(v_seen, '(?<=' || v_joined || v_vowels || ')\u200c(?=' || v_arabic || ')', 'x', 'g');
    v_seen := regexp_replace(v_seen,
      '(?<=' || v_consonant || v_virama || ')[\u200c\u200d](?=' || v_consonant || ')', 'x', 'g');
    v_seen := regexp_replace(v_seen, '(?<=' || v_person || ')\u200d(?=' || v_with || ')'
      || '|(?<=[\u2764][\ufe0f]?)\u200d(?=[\U0001f466-\U0001f469\U0001f48b\U0001f525\U0001f9d1\U0001fa79])'
      || '|(?<=\U0001f48b)\u200d(?=' || v_person || ')'
      || '|(?<=\U0001f91d)\u200d(?=\U0001f9d1)'
      || '|(?<=' || v_either || ')\u200d(?=[\u2640\u2642])'
      || '|(?<=\U0001f3f3\ufe0f?)\u200d(?=[\u26a7\U0001f308])|(?<=\U0001f3f4)\u200d(?=\u2620)'
      || '|(?<=\U0001f415)\u200d(?=\U0001f9ba)|(?<=[\U0001f408\U0001f426])\u200d(?=\u2b1b)'
      || '|(?<=\U0001f43b)\u200d(?=\u2744)|(?<=\U0001f426)\u200d(?=\U0001f525)|(?<=\U0001f62e)\u200d(?=\U0001f4a8)'
      || '|(?<=\U0001f635)\u200d(?=\U0001f4ab)|(?<=\U0001f636)\u200d(?=\U0001f32b)'
      || '|(?<=\U0001f441\ufe0f?)\u200d(?=\U0001f5e8)', 'x', 'g');
    -- The flags of England, Scotland and Wales.
    v_seen := regexp_replace(v_seen, '(?<=\U0001f3f4)\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067'
      || '|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f', 'xxxxxx', 'g');
    -- Which of its two looks a sign has, and which form an ideograph.
    v_seen := regexp_replace(v_seen, '(?<=[#*0-9])\ufe0f(?=\u20e3)'
      || '|(?<=[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf'
      || '\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]'
      || '|(?<=[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]', 'x', 'g');
  end if;
  -- Soft hyphens, marks and overrides of direction, characters without width, blanks, separators of lines, tags,
  -- variants, and what fonts show as a box or not at all: private characters, and code points that are not characters.
  v_hidden := substring(v_seen from
    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164'
    || '\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U00013430-\U0001345f\U00016fe4'
    || '\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U0010ffff]');
  if v_hidden is not null then
    raise exception using errcode = 'AL019', column = check_visible.field,
      message = format('%s has an invisible character, or one that changes the direction of text.',
        check_visible.field),
      detail = format('Character %s is U+%s.', strpos(v_seen, v_hidden), lpad(upper(to_hex(ascii(v_hidden))), 4, '0')),
      hint = 'Remove it: two names that look the same would be different.';
  end if;
end
$$;
comment on function almanac_private.check_visible(text, text) is
  'Raises AL019 for a name with characters that have no width or override the direction of text, by which it could '
  'pass for another name. Joiners are allowed where a script or an emoji needs them and they are seen.';
grant execute on function almanac_private.check_visible(text, text) to almanac_viewer;
