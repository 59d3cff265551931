{{ published_cube(
    'status_codes',
    ['years_after', 'sex', 'status_code'],
    percents=[{'part': 'former_participants', 'over': 'status_code'}],
) }}
