{{ published_cube(
    'direct_result_7',
    ['sex', 'termination_group'],
    percents=[{'part': 'exits', 'over': 'termination_group'}],
) }}
