-- Countries with few persons are pooled when the cube is protected, by the policy's limit. Country
-- and county only: SSB prints no country of birth for a municipality.
{{ counted_cube(
    ref('stat_base_persons'),
    'participants',
    ['sex', 'country_of_birth'],
    percent_over='sex',
    region_types=['country', 'county'],
) }}
