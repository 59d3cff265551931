{{ published_cube(
    'measures_4',
    ['sex', 'measure_group'],
) }}
