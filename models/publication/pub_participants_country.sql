{{ published_cube(
    'participants_country',
    ['sex', 'country_of_birth'],
    percents=[{'part': 'participants', 'over': 'sex'}],
) }}
