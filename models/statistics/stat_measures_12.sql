-- A person can be in several groups: they are never summed, and have no total.
{{ counted_cube(
    ref('stat_base_measures'),
    'participants_with_measure',
    ['sex'],
    kept=['measure_type'],
    where='measure_type is not null',
) }}
