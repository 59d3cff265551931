-- Who the form 11b has and who NIR has, by municipality, year and comparison group. Both sides'
-- codes are carried forward to the year's last day; only years with a form are compared.
-- A form's DUF number counts only where it has no identity number.
with current_forms as (
    select
        *,
        case when ident is null then duf_number end as asked_duf_number
    from {{ ref('stg_kostra__11b') }}
    where is_current
),

forms as (
    select
        {{ current_code() }} as municipality_code,
        forms.reporting_year,
        coalesce(idents.person_key, duf_numbers.person_key, forms.duf_number)
            as person_key,
        forms.ident is null and duf_numbers.person_key is not null as is_matched_by_duf,
        forms.measure_codes,
        coalesce(not statuses.is_ongoing, forms.end_date is not null) as has_ended
    from current_forms as forms
    left join {{ ref('int_identity__idents') }} as idents on forms.ident = idents.ident
    left join {{ ref('int_identity__duf_numbers') }} as duf_numbers
        on forms.asked_duf_number = duf_numbers.duf_number
    left join {{ ref('kostra_statuses') }} as statuses
        on forms.year_end_status = statuses.status
    {{ join_successor(
        'forms.municipality_code',
        dbt.date('forms.reporting_year', 12, 31),
        'int_geography__successions') }}
),

places as (
    select {{ each_integer(0, 10) }} as number
),

form_measures as (
    select
        forms.municipality_code,
        forms.reporting_year,
        forms.person_key,
        forms.is_matched_by_duf,
        substr(forms.measure_codes, 1 + 2 * places.number, 2) as code
    from forms
    cross join places
),

in_forms as (
    select
        municipality_code,
        reporting_year,
        person_key,
        is_matched_by_duf,
        'participants' as comparison_group
    from forms
    union all
    select
        municipality_code,
        reporting_year,
        person_key,
        is_matched_by_duf,
        'ended' as comparison_group
    from forms
    where has_ended
    union all
    select
        measures.municipality_code,
        measures.reporting_year,
        measures.person_key,
        measures.is_matched_by_duf,
        codes.comparison_group
    from form_measures as measures
    inner join {{ ref('comparison_measures') }} as codes
        on codes.source = 'kostra' and measures.code = codes.code
),

years as (
    select
        reporting_year,
        lpad(cast(reporting_year as {{ dbt.type_string() }}), 4, '0') as period,
        {{ dbt.date('reporting_year', 1, 1) }} as first_day,
        {{ dbt.date('reporting_year', 12, 31) }} as last_day
    from forms
    group by reporting_year
),

participations as (
    select
        periods.period_municipality_code as municipality_code,
        years.reporting_year,
        years.first_day,
        years.last_day as year_last_day,
        participations.participation_id,
        participations.person_key,
        participations.start_date,
        participations.end_date,
        participations.last_day,
        participations.ending_order
    from {{ ref('int_participation__periods') }} as periods
    inner join years on periods.period = years.period
    inner join {{ ref('int_participation__accepted') }} as participations
        on periods.participation_id = participations.participation_id
),

-- Of several participations in a municipality the one that ends last tells whether the person
-- ended.
last_in_municipality as (
    select * from participations
    qualify row_number() over (
        partition by municipality_code, reporting_year, person_key
        order by ending_order desc
    ) = 1
),

in_register as (
    select
        municipality_code,
        reporting_year,
        person_key,
        'participants' as comparison_group
    from participations
    union all
    select
        municipality_code,
        reporting_year,
        person_key,
        'ended' as comparison_group
    from last_in_municipality
    where end_date <= year_last_day
    union all
    select
        participations.municipality_code,
        participations.reporting_year,
        participations.person_key,
        codes.comparison_group
    from participations
    inner join {{ ref('stg_nir__tiltak') }} as measures
        on
            participations.participation_id = measures.participation_id
            and least(participations.last_day, participations.year_last_day)
            >= measures.from_date
            and coalesce(
                greatest(participations.start_date, participations.first_day) <= measures.to_date,
                true
            )
    inner join {{ ref('comparison_measures') }} as codes
        on codes.source = 'nir' and measures.measure_word = codes.code
),

either as (
    select
        municipality_code,
        reporting_year,
        person_key,
        comparison_group,
        1 as kostra,
        0 as nir,
        case when is_matched_by_duf then 1 else 0 end as by_duf
    from in_forms
    union all
    select
        municipality_code,
        reporting_year,
        person_key,
        comparison_group,
        0 as kostra,
        1 as nir,
        0 as by_duf
    from in_register
),

final as (
    select
        either.municipality_code,
        either.reporting_year,
        either.comparison_group,
        either.person_key,
        max(either.kostra) = 1 as is_in_kostra,
        max(either.nir) = 1 as is_in_nir,
        max(either.by_duf) = 1 as is_matched_by_duf,
        max(case when persons.is_address_protected then 1 else 0 end) = 1
            as is_address_protected
    from either
    left join {{ ref('int_person__persons') }} as persons
        on either.person_key = persons.person_key
    group by
        either.municipality_code,
        either.reporting_year,
        either.comparison_group,
        either.person_key
)

select * from final
