-- What a caseworker can still do something about: listed_half_years of a rule says how far back its
-- findings are listed. 9999 has all whose municipality cannot be told, for the register's owner.
select
    rules.todo_group,
    findings.rule_id,
    findings.current_municipality_code,
    findings.person_key,
    findings.participation_id,
    findings.unit_type,
    -- Some units have no number in the register: theirs is made of a pseudonym.
    case
        when
            findings.unit_type <> 'ident'
            and findings.unit_type not like 'personer%'
            and (findings.unit_type <> 'organisation number' or length(findings.unit_id) = 9)
            and coalesce(position(findings.person_key in findings.unit_id), 0) = 0
            then findings.unit_id
    end as record_id,
    findings.event_date,
    findings.half_year,
    findings.detail
from {{ ref('dq_findings') }} as findings
inner join {{ ref('completeness_rules') }} as rules on findings.rule_id = rules.rule_id
cross join {{ ref('dim_vintage') }} as vintage
where
    not findings.is_address_protected
    and (
        findings.current_municipality_code = {{ no_municipality() }}
        or (
            findings.person_key is not null
            and {{ half_year_number('coalesce(findings.event_date, vintage.observed_until)') }}
            > {{ half_year_number('vintage.observed_until') }} - rules.listed_half_years
        )
    )
