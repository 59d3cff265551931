{{ published_cube(
    'direct_result_2',
    ['sex', 'result_group'],
    percents=[{'part': 'exits', 'over': 'result_group'}],
) }}
