{{ checked_rows('folkeregister', 'bosatt') }}
