{{ published_cube(
    'registration_share',
    ['event_type'],
) }}
