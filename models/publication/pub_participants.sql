{{ published_cube(
    'participants',
    ['sex', 'age_band'],
    percents=[{'part': 'participants', 'over': 'sex', 'decimals': 1}],
) }}
