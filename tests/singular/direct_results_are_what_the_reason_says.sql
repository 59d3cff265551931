-- A termination repeats two columns of its reason, for those who read one table only.
select
    terminations.participation_id,
    terminations.termination_reason
from {{ ref('fct_terminations') }} as terminations
inner join {{ ref('dim_termination_reason') }} as reasons
    on terminations.termination_reason = reasons.termination_reason
where
    terminations.termination_group <> reasons.termination_group
    or terminations.is_work_or_education <> reasons.is_work_or_education
