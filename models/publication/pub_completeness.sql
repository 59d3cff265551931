{{ published_cube(
    'completeness',
    ['rule_id'],
    percents=[{'part': 'findings', 'whole': 'checked'}],
) }}
