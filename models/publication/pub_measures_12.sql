{{ published_cube(
    'measures_12',
    ['sex', 'measure_type'],
) }}
