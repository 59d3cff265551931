{{ published_cube(
    'status',
    ['years_after', 'sex', 'status_group'],
    percents=[{'part': 'former_participants', 'over': 'status_group'}],
) }}
