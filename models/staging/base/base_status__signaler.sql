{{ checked_rows('status', 'signaler') }}
