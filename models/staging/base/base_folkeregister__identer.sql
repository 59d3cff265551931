{{ checked_rows('folkeregister', 'identer') }}
