-- SSB's former participants by the year of the status. The municipality is that of the last
-- participation, by its code at the end of the status year.
{{ counted_cube(
    ref('stat_base_former_participants'),
    'former_participants',
    ['sex', 'status_group'],
    kept=['years_after'],
    percent_over='status_group',
) }}
