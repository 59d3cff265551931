-- Percent: the sexes' shares of an age band, one decimal, as SSB prints them.
{{ counted_cube(
    ref('stat_base_persons'),
    'participants',
    ['sex', 'age_band'],
    percent_over='sex',
    decimals=1,
) }}
