{{ checked_rows('nir', 'personer') }}
