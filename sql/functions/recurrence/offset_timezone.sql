create or replace function almanac_private.offset_timezone(minutes integer) returns text
language sql immutable strict parallel safe
return case
  when minutes = 0 then 'UTC'
  when minutes % 60 = 0 and minutes between -720 and 840
    then 'Etc/GMT' || case when minutes > 0 then '-' else '+' end || abs(minutes) / 60
  else case minutes
    when -570 then 'Pacific/Marquesas' when 210 then 'Asia/Tehran' when 270 then 'Asia/Kabul' when 330
      then 'Asia/Kolkata'
    when 345 then 'Asia/Kathmandu' when 390 then 'Asia/Yangon' when 525 then 'Australia/Eucla' when 570
      then 'Australia/Darwin'
  end
end;
comment on function almanac_private.offset_timezone(integer) is
  'A zone that is this many minutes ahead of UTC all year; null: there is none. The sign in names such as Etc/GMT-2 '
  'is reversed: it is UTC+2.';
grant execute on function almanac_private.offset_timezone(integer) to almanac_viewer;
