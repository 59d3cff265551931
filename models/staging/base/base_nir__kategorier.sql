{{ checked_rows('nir', 'kategorier') }}
