{{ published_cube(
    'benefit',
    ['sex', 'age_band'],
) }}
