{{ published_cube(
    'hours',
    ['sex'],
) }}
