create or replace function almanac_private.kept_outcome(outcome jsonb) returns jsonb
language sql immutable parallel safe
return outcome
  || case when outcome ? 'error'
    then jsonb_build_object('error', almanac_private.kept_text(outcome ->> 'error', 16384)) else '{}' end
  || case when outcome ? 'causes'
    then jsonb_build_object('causes', almanac_private.kept_causes(outcome -> 'causes')) else '{}' end
  || case when outcome ? 'result'
    then jsonb_build_object('result', almanac_private.kept_result(outcome -> 'result')) else '{}' end;
comment on function almanac_private.kept_outcome(jsonb) is
  'What finish_runs is told of an attempt, with its error, its causes and its result as they are kept.';
