create or replace function almanac_private.plain_cron(written text) returns text
language sql immutable strict parallel safe
return regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    translate(translate(written,
      '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
      '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'), '−∗⁎✱✲、；⁄∕＊，－／？＃＠', '-****,;//*,-/?#@'),
  '[\u000b\u000c\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]', ' ', 'g'),
  '[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]', '', 'g'),
  '[\u2010-\u2015]', '-', 'g'),
  '["''`´“”‘’„‚«»‹›]', '', 'g'),
  '\\([*?#$])', '\1', 'g');
comment on function almanac_private.plain_cron(text) is
  'A cron text in plain characters: word processors, web pages and shells put others in their place, and quotes '
  'around it.';
grant execute on function almanac_private.plain_cron(text) to almanac_viewer;
