-- Why did people leave, half-year by half-year? Exits of the half-year by group of reason; two
-- half-years need not add up to the year.
select
    facts.end_half_year as half_year,
    reasons.group_label_nb as reason,
    count(*) as exits,
    {{ percent('count(*)', 'sum(count(*)) over (partition by facts.end_half_year)', 1) }}
        as percent_of_exits
from {{ ref('fct_terminations') }} as facts
inner join {{ ref('dim_termination_reason') }} as reasons
    on facts.termination_reason = reasons.termination_reason
where facts.is_exit_of_half_year
group by facts.end_half_year, reasons.group_label_nb, reasons.sort_order
order by facts.end_half_year, reasons.sort_order
