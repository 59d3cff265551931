-- Nobody lacks a region silently: in every cube, period and set of codes the country is its
-- counties and 9999, or its municipalities and 9999, and the persons with a protected address.
with protected_persons as (
    select * from {{ ref('fct_participant_periods') }}
    where is_address_protected
),

protected_measures as (
    select
        measures.person_key,
        measures.period,
        types.measure_group
    from {{ ref('fct_participant_period_measures') }} as measures
    inner join {{ ref('dim_measure_type') }} as types on measures.measure_type = types.measure_type
    inner join protected_persons
        on
            measures.person_key = protected_persons.person_key
            and measures.period = protected_persons.period
),

protected as (
    {%- for cube, where in [
        ('participants', 'true'), ('hours', 'programme_days > 0'), ('exits', 'is_exit'),
    ] %}
    select
        '{{ cube }}' as cube,
        period,
        count(*) as persons
    from protected_persons
    where {{ where }}
    group by period
    union all
    {%- endfor %}
    {%- for cube, counted in [
        ('measures_12', '*'), ('measures_4', 'distinct person_key || measure_group'),
    ] %}
    select
        '{{ cube }}' as cube,
        period,
        count({{ counted }}) as persons
    from protected_measures
    group by period
    union all
    {%- endfor %}
    select
        'status' as cube,
        period,
        count(*) as persons
    from {{ ref('stat_base_former_participants') }}
    where place_code = {{ protected_place() }}
    group by period
    union all
    select
        'benefit' as cube,
        period,
        count(*) as persons
    from {{ ref('stat_base_recipients') }}
    where place_code = {{ protected_place() }}
    group by period
    union all
    select
        'completeness' as cube,
        half_year as period,
        sum(checked) as persons
    from {{ ref('dq_counts') }}
    where is_address_protected
    group by half_year
),

cells as (
    {%- set total = " = " ~ total_code() -%}
    {%- for model, cube, where in [
        ('participants', 'participants', "measure = 'participants' and sex" ~ total ~ " and age_band" ~ total),
        (
            'participants_country', 'participants',
            "measure = 'participants' and sex" ~ total ~ " and country_of_birth" ~ total,
        ),
        ('hours', 'hours', "measure = 'hours_per_week' and sex" ~ total),
        (
            'direct_result_7', 'exits',
            "measure = 'exits' and sex" ~ total ~ " and termination_group" ~ total,
        ),
        (
            'direct_result_2', 'exits',
            "measure = 'exits' and sex" ~ total ~ " and result_group" ~ total,
        ),
        ('measures_12', 'measures_12', "sex" ~ total),
        ('measures_4', 'measures_4', "sex" ~ total),
        ('status', 'status', "measure = 'former_participants' and sex" ~ total ~ " and status_group" ~ total),
        (
            'status_codes', 'status',
            "measure = 'former_participants' and sex" ~ total ~ " and status_code" ~ total,
        ),
        ('benefit', 'benefit', "measure = 'recipients' and sex" ~ total ~ " and age_band" ~ total),
        ('completeness', 'completeness', "measure = 'checked' and period like '%H%'"),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ model }}' as model,
        '{{ cube }}' as cube,
        period,
        region_set,
        region_type,
        sum(persons) as persons
    from {{ ref('stat_' ~ model) }}
    where {{ where }}
    group by period, region_set, region_type
    {%- endfor %}
),

levels as (
    select
        model,
        region_type
    from cells
    where region_type <> 'country'
    group by model, region_type
),

sums as (
    select
        country.model,
        country.period,
        country.region_set,
        parts.region_type,
        country.persons as country,
        coalesce(parts.persons, 0) as parts,
        coalesce(protected.persons, 0) as protected
    from cells as country
    inner join levels on country.model = levels.model
    left join cells as parts
        on
            country.model = parts.model
            and country.period = parts.period
            and country.region_set = parts.region_set
            and levels.region_type = parts.region_type
    left join protected
        on
            country.cube = protected.cube
            and country.period = protected.period
    where country.region_type = 'country'
)

select * from sums
where country <> parts + protected
